{{/* What a binding that is used cannot do without. */}}
{{- define "probe.require" -}}
{{- $values := dict -}}
{{- with .Values.database -}}
{{- if .host -}}
{{- $values = merge $values (dict "database.name" .name "database.username" .username "database.existingSecret" .existingSecret) -}}
{{- end -}}
{{- end -}}
{{- with .Values.redis -}}
{{- if .host -}}
{{- $values = merge $values (dict "redis.existingSecret" .existingSecret) -}}
{{- end -}}
{{- end -}}
{{- with .Values.objectStore -}}
{{- if and (eq .protocol "s3") .bucket -}}
{{- $values = merge $values (dict "objectStore.region" .region) -}}
{{- else if and (eq .protocol "azure-blob") .container -}}
{{- $values = merge $values (dict "objectStore.endpoint" .endpoint) -}}
{{- end -}}
{{- end -}}
{{- include "common.requireValues" (dict "root" . "values" $values) -}}
{{- end -}}

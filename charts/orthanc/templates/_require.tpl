{{/* What Orthanc cannot run without. */}}
{{- define "orthanc.require" -}}
{{- $database := .Values.database -}}
{{- $values := dict
  "auth.existingSecret" .Values.auth.existingSecret
  "database.host" $database.host
  "database.name" $database.name
  "database.username" $database.username
  "database.existingSecret" $database.existingSecret
-}}
{{- if eq .Values.storage.kind "objectStore" -}}
{{- $store := .Values.objectStore -}}
{{- $values = merge $values (dict
  "objectStore.bucket" $store.bucket
  "objectStore.region" $store.region
  "objectStore.existingSecret" $store.existingSecret
) -}}
{{- end -}}
{{- include "common.requireValues" (dict "root" . "values" $values) -}}
{{- end -}}

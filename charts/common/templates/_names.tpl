{{/*
Names and labels. Every helper of this library takes the root context of the chart that uses it, or a dict
that holds it under "root".
*/}}

{{/* The full name of a release's objects: the release's own name, so that callers can know it beforehand. */}}
{{- define "common.fullname" -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of one part of a release. Takes: root, component ("" is the main part). */}}
{{- define "common.componentName" -}}
{{- $name := include "common.fullname" .root -}}
{{- if .component -}}{{ printf "%s-%s" $name .component }}{{- else -}}{{ $name }}{{- end -}}
{{- end -}}

{{/* What a selector matches. It is immutable in a Deployment, so it holds no version. Takes: root, component. */}}
{{- define "common.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{/* Labels of every object. Takes: root, component. */}}
{{- define "common.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{ include "common.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end -}}

{{/*
Labels of a pod: what the selector matches, the version, and the user's, which cannot change the first. Not the
chart's version: a new chart that changes no pod must not restart one. Takes: root, component.
*/}}
{{- define "common.podLabels" -}}
{{- $own := include "common.selectorLabels" . | fromYaml -}}
{{- $own = set $own "app.kubernetes.io/version" (toString .root.Chart.AppVersion) -}}
{{- toYaml (mergeOverwrite (dict) (.root.Values.podLabels | default dict) $own) -}}
{{- end -}}

{{/* An image reference. A digest wins over a tag. Takes: root, image (repository, tag, digest). */}}
{{- define "common.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* The service account's name: its own, a given one, or the namespace's default. */}}
{{- define "common.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "common.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "external-secrets.selector" -}}
app.kubernetes.io/name: external-secrets
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "external-secrets.labels" -}}
{{ include "external-secrets.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
portolan.dev/stand-in: "true"
{{- with .Values.commonLabels }}
{{- range $key, $value := omit . "app.kubernetes.io/managed-by" }}
{{ $key }}: {{ $value | quote }}
{{- end }}
{{- end }}
{{- end -}}

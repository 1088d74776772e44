{{/* As the real chart names its objects: the release's name where it holds the chart's. */}}
{{- define "traefik.fullname" -}}
{{- if contains "traefik" .Release.Name -}}{{ .Release.Name }}{{- else -}}{{ .Release.Name }}-traefik{{- end -}}
{{- end -}}

{{- define "traefik.selector" -}}
app.kubernetes.io/name: traefik
app.kubernetes.io/instance: {{ .Release.Name }}-{{ .Release.Namespace }}
{{- end -}}

{{- define "traefik.labels" -}}
{{ include "traefik.selector" . }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
portolan.dev/stand-in: "true"
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "traefik.class" -}}
{{- .Values.ingressClass.name | default (include "traefik.fullname" .) -}}
{{- end -}}

{{/* Objects of the whole cluster: two releases have one each. */}}
{{- define "traefik.clusterName" -}}
{{- printf "%s-%s" (include "traefik.fullname" .) .Release.Namespace -}}
{{- end -}}

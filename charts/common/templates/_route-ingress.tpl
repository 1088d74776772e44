{{/* The kind `ingress`: networking.k8s.io/v1. It carries HTTP only. Takes the description of _route.tpl. */}}
{{- define "common.route.ingress" -}}
{{- $route := .root.Values.route }}
{{- if $route.tcp }}
{{- fail "route.tcp cannot be served by an Ingress, which carries HTTP only: use route.kind traefik, or remove route.tcp" }}
{{- end }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ include "common.fullname" .root }}
  labels:
    {{- include "common.labels" (dict "root" .root "component" "") | nindent 4 }}
  {{- with $route.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with $route.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with $route.tls.secretName }}
  tls:
    - secretName: {{ . }}
      hosts:
        {{- toYaml $route.hosts | nindent 8 }}
  {{- end }}
  rules:
    {{- range $route.hosts }}
    - host: {{ . }}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: {{ $.service }}
                port:
                  number: {{ $.http }}
    {{- end }}
{{- end -}}

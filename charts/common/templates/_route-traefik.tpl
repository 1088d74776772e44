{{/*
The kind `traefik`: traefik.io/v1alpha1. HTTPS on the entry point `websecure`, a redirect to it on `web`, and a
TCP route for each of route.tcp, on an entry point of its own. Takes the description of _route.tpl.
*/}}
{{- define "common.route.traefik" -}}
{{- $name := include "common.fullname" .root }}
{{- $route := .root.Values.route }}
{{- $rules := list }}
{{- range $route.hosts }}
{{- $rules = append $rules (printf "Host(`%s`)" .) }}
{{- end }}
{{- if $route.hosts }}
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata:
  {{- include "common.route.traefik.metadata" (dict "root" .root "name" $name) | nindent 2 }}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: {{ join " || " $rules }}
      {{- with $route.middlewares }}
      middlewares:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      services:
        - name: {{ .service }}
          port: {{ .http }}
  {{- if $route.tls.secretName }}
  tls:
    secretName: {{ $route.tls.secretName }}
  {{- else }}
  # No Secret named: the entry point's own default certificate.
  tls: {}
  {{- end }}
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata:
  {{- include "common.route.traefik.metadata" (dict "root" .root "name" (printf "%s-to-https" $name)) | nindent 2 }}
spec:
  redirectScheme:
    scheme: https
    permanent: true
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata:
  {{- include "common.route.traefik.metadata" (dict "root" .root "name" (printf "%s-redirect" $name)) | nindent 2 }}
spec:
  entryPoints: [web]
  routes:
    - kind: Rule
      match: {{ join " || " $rules }}
      middlewares:
        - name: {{ $name }}-to-https
      services:
        - name: {{ .service }}
          port: {{ .http }}
{{- end }}
{{- range $route.tcp }}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRouteTCP
metadata:
  {{- include "common.route.traefik.metadata" (dict "root" $.root "name" (printf "%s-%s" $name .name)) | nindent 2 }}
spec:
  entryPoints: [{{ .entryPoint }}]
  routes:
    # DICOM clients send no server name, so an entry point serves one route: it takes every name.
    - match: HostSNI(`*`)
      services:
        - name: {{ $.service }}
          port: {{ index $.tcp .name }}
  tls:
    secretName: {{ .tls.secretName }}
{{- end }}
{{- end -}}

{{/* Metadata of a Traefik object. Traefik has no field for its class: it reads an annotation. Takes: root, name. */}}
{{- define "common.route.traefik.metadata" -}}
{{- $route := .root.Values.route -}}
{{- $annotations := $route.annotations | default dict -}}
{{- with $route.className -}}
{{- $annotations = merge (dict "kubernetes.io/ingress.class" .) $annotations -}}
{{- end -}}
name: {{ .name }}
labels:
  {{- include "common.labels" (dict "root" .root "component" "") | nindent 2 }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
One description of how a workload is reached, and one file for each kind that can spell it.

The description, which every kind gets:
  root     the chart's root context; `route` of its values holds kind, hosts, tls, annotations, tcp
  service  the Service's name
  http     the Service's port (a number) for HTTP
  tcp      the TCP names that the workload serves, each with its Service port: dict "dicom" 4242

A further kind (gateway, istio) is one more file that defines "common.route.<kind>", and its name in $kinds.
*/}}
{{- define "common.routes" -}}
{{- $route := .root.Values.route -}}
{{- $kinds := list "ingress" "traefik" -}}
{{- if ne $route.kind "none" -}}
{{- if not (has $route.kind $kinds) -}}
{{- fail (printf "route.kind is %q: allowed are none, %s" $route.kind (join ", " $kinds)) -}}
{{- end -}}
{{- range $route.tcp -}}
{{- if not (hasKey $.tcp .name) -}}
{{- fail (printf "route.tcp names %q, which this chart does not serve: allowed are %s" .name (keys $.tcp | sortAlpha | join ", " | default "none")) -}}
{{- end -}}
{{- end -}}
{{- if and (not $route.hosts) (not $route.tcp) -}}
{{- fail (printf "route.kind is %q, but route.hosts and route.tcp are empty: give a host, or set route.kind to none" $route.kind) -}}
{{- end -}}
{{- if eq $route.kind "ingress" -}}
{{- include "common.route.ingress" . -}}
{{- else if eq $route.kind "traefik" -}}
{{- include "common.route.traefik" . -}}
{{- end -}}
{{- end -}}
{{- end -}}

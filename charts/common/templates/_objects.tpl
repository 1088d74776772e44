{{/*
Whole objects that every workload may have. Each renders nothing when it is not asked for.
*/}}

{{/* A service account without a token, unless a cloud's identity annotation says otherwise. */}}
{{- define "common.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "common.serviceAccountName" . }}
  labels:
    {{- include "common.labels" (dict "root" . "component" "") | nindent 4 }}
  {{- with .Values.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}
{{- end -}}

{{/* A HorizontalPodAutoscaler on CPU. Takes: root, component, name (of the Deployment; optional). */}}
{{- define "common.hpa" -}}
{{- $scaling := .root.Values.autoscaling }}
{{- if $scaling.enabled }}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) }}
{{- fail (printf "autoscaling.minReplicas (%v) is above autoscaling.maxReplicas (%v): lower the first or raise the second" $scaling.minReplicas $scaling.maxReplicas) }}
{{- end }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .name | default (include "common.componentName" .) }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ .name | default (include "common.componentName" .) }}
  minReplicas: {{ $scaling.minReplicas }}
  maxReplicas: {{ $scaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ $scaling.targetCPUUtilizationPercentage }}
{{- end }}
{{- end -}}

{{/* `replicas`, unless an autoscaler owns the number. */}}
{{- define "common.replicas" -}}
{{- if not .Values.autoscaling.enabled }}
replicas: {{ .Values.replicaCount }}
{{- end }}
{{- end -}}

{{/* A PodDisruptionBudget. Takes: root, component, name (optional), pods (labels; default: this release's own). */}}
{{- define "common.pdb" -}}
{{- $budget := .root.Values.podDisruptionBudget }}
{{- if $budget.enabled }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name | default (include "common.componentName" .) }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ $budget.maxUnavailable }}
  # A pod that is broken anyway must not keep a node from being drained.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- if .pods }}
      {{- toYaml .pods | nindent 6 }}
      {{- else }}
      {{- include "common.selectorLabels" . | nindent 6 }}
      {{- end }}
{{- end }}
{{- end -}}

{{/*
A NetworkPolicy for the pods of a release: its ports are open to `networkPolicy.from` (empty: to everyone),
every other port is closed. `networkPolicy.egress`, when not empty, is all they may reach beside DNS.
Takes: root, component, name (optional), ports (a list of numbers or names; empty: no port is open).
*/}}
{{- define "common.networkPolicy" -}}
{{- $policy := .root.Values.networkPolicy }}
{{- if $policy.enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .name | default (include "common.componentName" .) }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  policyTypes:
    - Ingress
    {{- if $policy.egress }}
    - Egress
    {{- end }}
  {{- if .ports }}
  ingress:
    - ports:
        {{- range .ports }}
        - port: {{ . }}
          protocol: TCP
        {{- end }}
      {{- with $policy.from }}
      from:
        {{- toYaml . | nindent 8 }}
      {{- end }}
  {{- else }}
  ingress: []
  {{- end }}
  {{- with $policy.egress }}
  egress:
    - ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* A cert-manager Certificate for the route's hosts. */}}
{{- define "common.certificate" -}}
{{- $certificate := .Values.certificate }}
{{- if $certificate.enabled }}
{{- $secret := $certificate.secretName | default .Values.route.tls.secretName }}
{{- if not $secret }}
{{- fail "certificate.enabled needs certificate.secretName or route.tls.secretName: the Secret that the certificate is written to" }}
{{- end }}
{{- if not .Values.route.hosts }}
{{- fail "certificate.enabled needs route.hosts: the names that the certificate is for" }}
{{- end }}
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: {{ include "common.fullname" . }}
  labels:
    {{- include "common.labels" (dict "root" . "component" "") | nindent 4 }}
spec:
  secretName: {{ $secret }}
  dnsNames:
    {{- toYaml .Values.route.hosts | nindent 4 }}
  issuerRef:
    group: cert-manager.io
    kind: {{ $certificate.issuerRef.kind }}
    name: {{ required "certificate.issuerRef.name is empty: name the Issuer or ClusterIssuer that signs" $certificate.issuerRef.name }}
{{- end }}
{{- end -}}

{{/*
Refuses to render while values are missing, and names all of them at once. `helm lint` only notes it.
Takes: root, values (a dict: the value's path, and what it holds now).
*/}}
{{- define "common.requireValues" -}}
{{- $missing := list -}}
{{- range $path, $value := .values -}}
{{- if not $value -}}{{- $missing = append $missing $path -}}{{- end -}}
{{- end -}}
{{- if $missing -}}
{{- fail (printf "%s needs these values, which are empty: %s. The chart's README.md says what each is for." .root.Chart.Name (join ", " $missing)) -}}
{{- end -}}
{{- end -}}

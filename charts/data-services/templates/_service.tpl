{{/*
What the three services share. Each helper takes: root, part (the service's values), component (postgres, redis, s3),
uid; some take more.
*/}}

{{/* The pod's head: no service account is made, for none of them talks to the API server. */}}
{{- define "data.podHead" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- include "common.pullSecrets" .root }}
securityContext:
  {{- include "common.podSecurityContext" . | nindent 2 }}
terminationGracePeriodSeconds: {{ .part.terminationGracePeriodSeconds }}
{{- include "common.scheduling" . }}
{{- end -}}

{{/* The head of a StatefulSet of one pod, up to the pod's containers. */}}
{{- define "data.statefulSetHead" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "common.componentName" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
spec:
  replicas: 1
  serviceName: {{ include "common.componentName" . }}
  persistentVolumeClaimRetentionPolicy:
    whenDeleted: {{ ternary "Delete" "Retain" .root.Values.disposable }}
    whenScaled: Retain
  selector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
{{- end -}}

{{/* The pod's metadata: a changed configuration or certificate needs a new pod. Takes also: config (text). */}}
{{- define "data.podMetadata" -}}
labels:
  {{- include "common.podLabels" . | nindent 2 }}
annotations:
  checksum/config: {{ .config | sha256sum }}
  {{- with .part.tls.revision }}
  portolan.dev/tls-revision: {{ . | quote }}
  {{- end }}
  {{- with .part.secretRevision }}
  portolan.dev/secret-revision: {{ . | quote }}
  {{- end }}
{{- end -}}

{{/* The claim for the data, as the StatefulSet's own template. */}}
{{- define "data.claimTemplate" -}}
volumeClaimTemplates:
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata:
      name: data
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .part.storage.storageClass }}
      storageClassName: {{ . }}
      {{- end }}
      resources:
        requests:
          storage: {{ .part.storage.size }}
{{- end -}}

{{/* The Service. Takes also: port, targetPort. */}}
{{- define "data.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "common.componentName" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
spec:
  selector:
    {{- include "common.selectorLabels" . | nindent 4 }}
  ports:
    - name: {{ .component }}
      port: {{ .port }}
      targetPort: {{ .targetPort }}
{{- end -}}

{{/* Who may connect. Takes also: targetPort. */}}
{{- define "data.networkPolicy" -}}
{{- $clients := .root.Values.clients }}
{{- if or $clients.namespaces $clients.stack }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "common.componentName" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  # Egress too: none of these services calls anyone.
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        # The release's own namespace, for the hooks that make accounts.
        - podSelector: {}
        {{- if $clients.namespaces }}
        - namespaceSelector:
            matchExpressions:
              - key: kubernetes.io/metadata.name
                operator: In
                values:
                  {{- toYaml $clients.namespaces | nindent 18 }}
        {{- else }}
        - namespaceSelector:
            matchLabels:
              portolan.dev/stack: {{ $clients.stack }}
        {{- end }}
      ports:
        - port: {{ .targetPort }}
          protocol: TCP
  egress: []
{{- end }}
{{- end -}}

{{/* The certificate's volume. The mode lets the group read the key, which PostgreSQL accepts from root's files only so. */}}
{{- define "data.tlsVolume" -}}
- name: tls
  secret:
    secretName: {{ .part.tls.secretName }}
    # 0640, in decimals: YAML 1.1 and 1.2 read a leading zero differently.
    defaultMode: 416
{{- end -}}

{{/* What cannot be left out of an enabled service. Takes the root context. */}}
{{- define "data.require" -}}
{{- $values := dict -}}
{{- with .Values.postgres -}}
{{- if .enabled -}}
{{- $values = merge $values (dict "postgres.tls.secretName" .tls.secretName "postgres.adminSecret.name" .adminSecret.name) -}}
{{- end -}}
{{- end -}}
{{- with .Values.redis -}}
{{- if .enabled -}}
{{- $values = merge $values (dict "redis.tls.secretName" .tls.secretName "redis.existingSecret" .existingSecret) -}}
{{- end -}}
{{- end -}}
{{- with .Values.objectStore -}}
{{- if .enabled -}}
{{- $values = merge $values (dict "objectStore.tls.secretName" .tls.secretName "objectStore.existingSecret" .existingSecret "objectStore.bucket or objectStore.buckets" (concat (compact (list .bucket)) .buckets)) -}}
{{- end -}}
{{- end -}}
{{- include "common.requireValues" (dict "root" . "values" $values) -}}
{{- end -}}

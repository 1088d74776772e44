{{/*
The parts of a pod that are the same everywhere. They satisfy the "restricted" Pod Security Standard.
*/}}

{{/* The pod's security context. Takes: uid, gid (defaults to uid). */}}
{{- define "common.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: {{ .uid }}
runAsGroup: {{ .gid | default .uid }}
fsGroup: {{ .gid | default .uid }}
# Walking a large volume to change its group at each start takes minutes: only when the root differs.
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* The container's security context: nothing but its own user and its own volumes. */}}
{{- define "common.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/*
The head of a long-running pod's spec: account, pull secrets, security, scheduling.
Takes: root, component, uid, gid.
*/}}
{{- define "common.podHead" -}}
serviceAccountName: {{ include "common.serviceAccountName" .root }}
# Nothing here talks to the API server. Cloud identities bring their own projected token.
automountServiceAccountToken: false
# Service links put every Service of the namespace into the environment, as names that clash with settings.
enableServiceLinks: false
{{- include "common.pullSecrets" .root }}
securityContext:
  {{- include "common.podSecurityContext" . | nindent 2 }}
terminationGracePeriodSeconds: {{ .root.Values.terminationGracePeriodSeconds }}
{{- include "common.scheduling" . }}
{{- end -}}

{{/* Pull secrets, from a list of names. */}}
{{- define "common.pullSecrets" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Where a pod may run. Copies are spread over nodes where that is possible. Takes: root, component. */}}
{{- define "common.scheduling" -}}
{{- $values := .root.Values }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "common.selectorLabels" . | nindent 8 }}
{{- end -}}

{{/*
A rolling update that never has fewer ready pods than before. With one replica the new pod is ready before
the old one goes.
*/}}
{{- define "common.rollingUpdate" -}}
strategy:
  type: RollingUpdate
  rollingUpdate:
    maxUnavailable: 0
    maxSurge: 1
{{- end -}}

{{/* An environment variable from a Secret. Takes: name, secret, key. */}}
{{- define "common.secretEnv" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end -}}

{{/* The folder where a binding's root certificates are mounted. Takes the binding's name. */}}
{{- define "common.rootsFolder" -}}
/etc/portolan/{{ . }}-roots
{{- end -}}

{{/* The file of a binding's root certificates, "" for the system's. Takes: name, roots (configMap, key). */}}
{{- define "common.rootsFile" -}}
{{- if .roots.configMap -}}{{ include "common.rootsFolder" .name }}/{{ .roots.key }}{{- end -}}
{{- end -}}

{{/* The volume of a binding's root certificates. Takes: name, roots. */}}
{{- define "common.rootsVolume" -}}
{{- if .roots.configMap }}
- name: {{ .name }}-roots
  configMap:
    name: {{ .roots.configMap }}
    items:
      - key: {{ .roots.key }}
        path: {{ .roots.key }}
{{- end }}
{{- end -}}

{{/* The mount of a binding's root certificates. Takes: name, roots. */}}
{{- define "common.rootsMount" -}}
{{- if .roots.configMap }}
- name: {{ .name }}-roots
  mountPath: {{ include "common.rootsFolder" .name }}
  readOnly: true
{{- end }}
{{- end -}}

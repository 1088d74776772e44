{{/* The environment of every role: names and addresses plain, secrets by reference. Takes: root, role. */}}
{{- define "probe.env" -}}
{{- $values := .root.Values -}}
- name: ROLE
  value: {{ .role }}
- name: PORT
  value: "8080"
- name: PROBE_VERSION
  value: {{ $values.image.tag | default .root.Chart.AppVersion | quote }}
- name: DRAIN_SECONDS
  value: {{ $values.drainSeconds | quote }}
{{- if eq .role "migrate" }}
- name: PROBE_FAIL_MIGRATION
  value: {{ $values.migrate.fail | quote }}
{{- end }}
{{- with $values.secrets }}
{{- if .existingSecret }}
{{ include "common.secretEnv" (dict "name" "APP_KEY" "secret" .existingSecret "key" .appKeyKey) }}
{{- end }}
{{- end }}
{{- with $values.database }}
{{- if .host }}
- name: DB_HOST
  value: {{ .host | quote }}
- name: DB_PORT
  value: {{ .port | quote }}
- name: DB_NAME
  value: {{ .name | quote }}
- name: DB_USER
  value: {{ .username | quote }}
- name: DB_ROOTS
  value: {{ include "common.rootsFile" (dict "name" "database" "roots" .roots) | quote }}
{{ include "common.secretEnv" (dict "name" "DB_PASSWORD" "secret" .existingSecret "key" .passwordKey) }}
{{- end }}
{{- end }}
{{- with $values.redis }}
{{- if .host }}
- name: REDIS_HOST
  value: {{ .host | quote }}
- name: REDIS_PORT
  value: {{ .port | quote }}
- name: REDIS_USER
  value: {{ .username | quote }}
- name: REDIS_PREFIX
  value: {{ .prefix | quote }}
- name: REDIS_ROOTS
  value: {{ include "common.rootsFile" (dict "name" "redis" "roots" .roots) | quote }}
{{ include "common.secretEnv" (dict "name" "REDIS_PASSWORD" "secret" .existingSecret "key" .passwordKey) }}
{{- end }}
{{- end }}
{{- with include "probe.objectStoreEnv" $values.objectStore }}
{{ . }}
{{- end }}
{{- end -}}

{{/* The environment of the object store, in its protocol's own words. Takes the values of objectStore. */}}
{{- define "probe.objectStoreEnv" -}}
{{- $roots := include "common.rootsFile" (dict "name" "object-store" "roots" .roots) -}}
{{- if and (eq .protocol "s3") .bucket -}}
- name: S3_ENDPOINT
  value: {{ .endpoint | quote }}
- name: S3_REGION
  value: {{ .region | quote }}
- name: S3_BUCKET
  value: {{ .bucket | quote }}
- name: S3_FORCE_PATH_STYLE
  value: {{ .forcePathStyle | quote }}
- name: S3_ROOTS
  value: {{ $roots | quote }}
{{- if .existingSecret }}
{{ include "common.secretEnv" (dict "name" "S3_ACCESS_KEY" "secret" .existingSecret "key" .accessKeyKey) }}
{{ include "common.secretEnv" (dict "name" "S3_SECRET_KEY" "secret" .existingSecret "key" .secretKeyKey) }}
{{- end }}
{{- else if and (eq .protocol "gcs") .bucket -}}
- name: GCS_ENDPOINT
  value: {{ .endpoint | quote }}
- name: GCS_BUCKET
  value: {{ .bucket | quote }}
- name: GCS_ROOTS
  value: {{ $roots | quote }}
{{- else if and (eq .protocol "azure-blob") .container -}}
- name: AZURE_BLOB_ENDPOINT
  value: {{ .endpoint | quote }}
- name: AZURE_BLOB_CONTAINER
  value: {{ .container | quote }}
- name: AZURE_BLOB_ROOTS
  value: {{ $roots | quote }}
{{- end -}}
{{- end -}}

{{/* Mounts of the root certificates of what is bound. */}}
{{- define "probe.mounts" -}}
{{- include "common.rootsMount" (dict "name" "database" "roots" .Values.database.roots) }}
{{- include "common.rootsMount" (dict "name" "redis" "roots" .Values.redis.roots) }}
{{- include "common.rootsMount" (dict "name" "object-store" "roots" .Values.objectStore.roots) }}
{{- end -}}

{{/* Volumes for those mounts. */}}
{{- define "probe.volumes" -}}
{{- include "common.rootsVolume" (dict "name" "database" "roots" .Values.database.roots) }}
{{- include "common.rootsVolume" (dict "name" "redis" "roots" .Values.redis.roots) }}
{{- include "common.rootsVolume" (dict "name" "object-store" "roots" .Values.objectStore.roots) }}
{{- end -}}

{{/* The container of a role. Takes: root, role. */}}
{{- define "probe.container" -}}
name: {{ .role }}
image: {{ include "common.image" (dict "root" .root "image" .root.Values.image) }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
env:
  {{- include "probe.env" . | nindent 2 }}
securityContext:
  {{- include "common.containerSecurityContext" .root | nindent 2 }}
resources:
  {{- toYaml .root.Values.resources | nindent 2 }}
{{- with include "probe.mounts" .root | trim }}
volumeMounts:
  {{- . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* A Deployment of a long-running role. Takes: root, role, component, replicas ("" leaves them to the autoscaler). */}}
{{- define "probe.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "common.componentName" . }}
  labels:
    {{- include "common.labels" (dict "root" .root "component" .role) | nindent 4 }}
spec:
  {{- if ne (toString .replicas) "" }}
  replicas: {{ .replicas }}
  {{- end }}
  {{- if eq .role "scheduler" }}
  # Two schedulers at a time would stamp twice: the old one goes first.
  strategy:
    type: Recreate
  {{- else }}
  {{- include "common.rollingUpdate" .root | nindent 2 }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "common.selectorLabels" (dict "root" .root "component" .role) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "common.podLabels" (dict "root" .root "component" .role) | nindent 8 }}
      {{- with .root.Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "common.podHead" (dict "root" .root "component" .role "uid" 10002) | nindent 6 }}
      containers:
        - {{ include "probe.container" . | indent 10 | trim }}
          ports:
            - name: http
              containerPort: 8080
          startupProbe:
            httpGet: { path: /up, port: http }
            periodSeconds: 1
            failureThreshold: 60
          livenessProbe:
            httpGet: { path: /up, port: http }
            periodSeconds: 10
            timeoutSeconds: 3
          readinessProbe:
            # Ready once everything bound has worked; a later outage leaves the pod in its Service, so that
            # /api/health can still be asked what is wrong.
            httpGet: { path: /ready, port: http }
            periodSeconds: 2
            timeoutSeconds: 7
      {{- with include "probe.volumes" .root | trim }}
      volumes:
        {{- . | nindent 8 }}
      {{- end }}
{{- end -}}

{{/* What an account cannot do without. */}}
{{- define "account.require" -}}
{{- $account := .Values.account -}}
{{- include "common.requireValues" (dict "root" . "values" (dict
  "server.host" .Values.server.host
  "server.adminSecret.name" .Values.server.adminSecret.name
  "account.database" $account.database
  "account.role" $account.role
  "account.verifierSecret.name" $account.verifierSecret.name
)) -}}
{{- $roots := .Values.server.roots -}}
{{- if and $roots.configMap $roots.secret -}}
{{- fail "server.roots names a configMap and a secret: give one of them" -}}
{{- end -}}
{{- end -}}

{{/* A hook's Job. Takes: root, component, hooks, script. */}}
{{- define "account.job" -}}
{{- $values := .root.Values -}}
{{- $server := $values.server -}}
{{- $roots := $server.roots -}}
{{- $hasRoots := or $roots.configMap $roots.secret -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "common.componentName" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
  annotations:
    helm.sh/hook: {{ .hooks }}
    # A failed Job stays, so that its log can be read; the next run replaces it.
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
    # Helm 4 shows what the Job said; Helm 3 does not know this.
    helm.sh/hook-output-log-policy: hook-succeeded,hook-failed
spec:
  # The script itself waits for its server; what it gives up on (1, and psql's 3) will not be better a minute later.
  # Only a pod that was taken away, with its node for one, is tried again.
  backoffLimit: 2
  podFailurePolicy:
    rules:
      - action: FailJob
        onExitCodes:
          operator: In
          values: [1, 2, 3]
  activeDeadlineSeconds: {{ $values.job.activeDeadlineSeconds }}
  template:
    metadata:
      labels:
        {{- include "common.podLabels" . | nindent 8 }}
    spec:
      restartPolicy: Never
      automountServiceAccountToken: false
      enableServiceLinks: false
      {{- with include "common.pullSecrets" .root | trim }}
      {{- . | nindent 6 }}
      {{- end }}
      securityContext:
        {{- include "common.podSecurityContext" (dict "uid" 999) | nindent 8 }}
      containers:
        - name: psql
          image: {{ include "common.image" (dict "root" .root "image" $values.image) }}
          imagePullPolicy: {{ $values.image.pullPolicy }}
          command: [/bin/bash, /etc/database-account/run.sh, {{ .script }}]
          env:
            - name: CONNECT_SECONDS
              value: {{ $values.job.connectSeconds | quote }}
            - name: HOME
              value: /tmp
            - name: PGHOST
              value: {{ $server.host | quote }}
            - name: PGPORT
              value: {{ $server.port | quote }}
            - name: PGDATABASE
              value: {{ $server.maintenanceDatabase | quote }}
            - name: PGUSER
              value: {{ $server.adminUsername | quote }}
            - name: PGSSLMODE
              value: verify-full
            - name: PGSSLROOTCERT
              value: {{ ternary (print "/etc/database-roots/" $roots.key) $server.systemRoots (not (not $hasRoots)) }}
            - name: PGCONNECT_TIMEOUT
              value: "5"
            - name: ACCOUNT_ROLE
              value: {{ $values.account.role | quote }}
            - name: ACCOUNT_DATABASE
              value: {{ $values.account.database | quote }}
            {{- include "common.secretEnv" (dict "name" "PGPASSWORD" "secret" $server.adminSecret.name "key" $server.adminSecret.key) | nindent 12 }}
            {{- if eq .script "account.sql" }}
            {{- include "common.secretEnv" (dict "name" "ACCOUNT_VERIFIER" "secret" $values.account.verifierSecret.name "key" $values.account.verifierSecret.key) | nindent 12 }}
            {{- end }}
          securityContext:
            {{- include "common.containerSecurityContext" .root | nindent 12 }}
          resources:
            {{- toYaml $values.job.resources | nindent 12 }}
          volumeMounts:
            - name: scripts
              mountPath: /etc/database-account
              readOnly: true
            - name: tmp
              mountPath: /tmp
            {{- if $hasRoots }}
            - name: roots
              mountPath: /etc/database-roots
              readOnly: true
            {{- end }}
      volumes:
        - name: scripts
          configMap:
            name: {{ include "common.fullname" .root }}
        - name: tmp
          emptyDir: {}
        {{- if $hasRoots }}
        - name: roots
          {{- if $roots.secret }}
          secret:
            secretName: {{ $roots.secret }}
          {{- else }}
          configMap:
            name: {{ $roots.configMap }}
          {{- end }}
            items:
              - key: {{ $roots.key }}
                path: {{ $roots.key }}
        {{- end }}
{{- end -}}

{{/* Orthanc's configuration as JSON. ${NAME} is replaced by Orthanc from the environment: no secret stands here. */}}
{{- define "orthanc.config" -}}
{{- $orthanc := .Values.orthanc -}}
{{- $database := .Values.database -}}
{{- $plugins := $orthanc.plugins -}}
{{- $uri := printf "postgresql://%s@%s:%d/%s?sslmode=verify-full&sslrootcert=%s&connect_timeout=5" $database.username $database.host (int $database.port) $database.name (include "common.rootsFile" (dict "name" "database" "roots" $database.roots) | default $orthanc.systemRoots) -}}
{{- $config := dict
  "Name" $orthanc.name
  "DicomAet" $orthanc.aet
  "DicomPort" 4242
  "HttpPort" 8042
  "RemoteAccessAllowed" true
  "AuthenticationEnabled" true
  "RegisteredUsers" (dict .Values.auth.username "${ORTHANC_PASSWORD}")
  "DatabaseServerIdentifier" "${POD_NAME}"
  "SaveJobs" false
  "StorageDirectory" "/data"
  "TemporaryDirectory" "/tmp"
  "KeepAlive" false
  "Locale" "C.UTF-8"
  "HttpsVerifyPeers" true
  "HttpsCACertificates" $orthanc.systemRoots
-}}
{{- $postgres := dict
  "EnableIndex" true
  "EnableStorage" false
  "ConnectionUri" $uri
  "Lock" false
  "IndexConnectionsCount" (int $orthanc.indexConnections)
  "MaximumConnectionRetries" 3
  "ConnectionRetryInterval" 1
-}}
{{- $_ := set $config "PostgreSQL" $postgres -}}
{{- if eq .Values.storage.kind "objectStore" -}}
{{- $plugins = append $plugins $orthanc.objectStorePlugin -}}
{{- $store := .Values.objectStore -}}
{{- $_ := set $config "AwsS3Storage" (dict
  "BucketName" $store.bucket
  "Region" $store.region
  "Endpoint" $store.endpoint
  "VirtualAddressing" (not $store.forcePathStyle)
  "AccessKey" "${OBJECT_STORE_ACCESS_KEY}"
  "SecretKey" "${OBJECT_STORE_SECRET_KEY}"
) -}}
{{- $_ := set $config "HttpsCACertificates" (include "common.rootsFile" (dict "name" "object-store" "roots" $store.roots) | default $orthanc.systemRoots) -}}
{{- end -}}
{{- $_ := set $config "Plugins" $plugins -}}
{{- toPrettyJson (mergeOverwrite (deepCopy $orthanc.config) $config) -}}
{{- end -}}

{{/* The secret environment variables that Orthanc puts into its JSON: they are checked before it starts. */}}
{{- define "orthanc.substitutedSecrets" -}}
ORTHANC_PASSWORD
{{- if eq .Values.storage.kind "objectStore" }} OBJECT_STORE_ACCESS_KEY OBJECT_STORE_SECRET_KEY{{ end }}
{{- end -}}

{{/* The claim that holds the images. */}}
{{- define "orthanc.claim" -}}
{{- .Values.storage.existingClaim | default (printf "%s-images" (include "common.fullname" .)) -}}
{{- end -}}

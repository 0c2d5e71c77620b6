{{/* The value of the label penstock.dev/release; the same rule as penstock_core.names.release. */}}
{{- define "penstock.release" -}}
{{- $full := printf "%s.%s" .Release.Namespace .Release.Name -}}
{{- if le (len $full) 63 -}}{{ $full }}{{- else -}}{{ printf "%s-%s" (trunc 52 $full) (sha256sum $full | trunc 10) }}{{- end -}}
{{- end -}}

{{/*
Name of a cluster-scoped object: (list $ "controller") gives <namespace>.<release>-controller.
A namespace has no dot, so two releases never meet.
*/}}
{{- define "penstock.clusterName" -}}
{{- $root := index . 0 -}}
{{ printf "%s.%s-%s" $root.Release.Namespace $root.Release.Name (index . 1) }}
{{- end -}}

{{- define "penstock.operator" -}}{{ .Release.Name }}-operator{{- end -}}
{{- define "penstock.gateway" -}}{{ .Release.Name }}-gateway{{- end -}}
{{- define "penstock.postgres" -}}{{ .Release.Name }}-postgres{{- end -}}

{{/* Reference of an image: (list $ "operator") */}}
{{- define "penstock.image" -}}
{{- $root := index . 0 -}}
{{- $image := index $root.Values.images (index . 1) -}}
{{- $tag := $image.tag | default $root.Chart.AppVersion | toString -}}
{{- if and $root.Values.images.registry (ne (index . 1) "postgres") }}{{ $root.Values.images.registry }}/{{ end -}}
{{ $image.repository }}{{ hasPrefix "sha256:" $tag | ternary "@" ":" }}{{ $tag }}
{{- end -}}

{{- define "penstock.gatewayDatabaseSecret" -}}{{ .Release.Name }}-gateway-database{{- end -}}

{{/* The Secrets that hold the digests of all webhook keys, as a JSON list; the same as penstock_core.names.webhook_digest_secrets. */}}
{{- define "penstock.webhookDigestSecrets" -}}
{{- $names := list -}}
{{- range $digit := splitList "" "0123456789abcdef" -}}
{{- $names = append $names (printf "%s-hooks-%s" $.Release.Name $digit) -}}
{{- end -}}
{{ toJson $names }}
{{- end -}}

{{/* Labels that select pods: (list $ "gateway") */}}
{{- define "penstock.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: penstock
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/*
Labels of every object: (list $ "gateway").
Not among them: penstock.dev/release. It marks what the operator makes, and the operator looks at all pods that carry it.
*/}}
{{- define "penstock.labels" -}}
{{- $root := index . 0 -}}
{{ include "penstock.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "penstock.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "penstock.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "penstock.pullSecrets" -}}
{{- with .Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Where pods go: (list $ "gateway") */}}
{{- define "penstock.scheduling" -}}
{{- $values := index (index . 0).Values (index . 1) -}}
{{- with $values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "penstock.databaseSecretName" -}}
{{- if .Values.postgres.bundled -}}{{ include "penstock.postgres" . }}{{- else -}}{{ .Values.postgres.existingSecret.name }}{{- end -}}
{{- end -}}

{{- define "penstock.databaseSecretKey" -}}
{{- if .Values.postgres.bundled -}}dsn{{- else -}}{{ .Values.postgres.existingSecret.key }}{{- end -}}
{{- end -}}

{{/*
Start of the names of the Postgres roles that the operator makes.
Roles belong to the whole server, so releases that share one need the hash; with the operator's 17 characters it stays below 63.
*/}}
{{- define "penstock.rolePrefix" -}}
{{- $full := printf "%s.%s" .Release.Namespace .Release.Name -}}
penstock_{{ .Release.Name | replace "-" "_" | replace "." "_" | trunc 20 }}_{{ sha256sum $full | trunc 8 }}
{{- end -}}

{{- define "penstock.publicUrl" -}}
{{- if .Values.publicUrl -}}
{{ .Values.publicUrl | trimSuffix "/" }}
{{- else if .Values.ingress.enabled -}}
{{ empty .Values.ingress.tlsSecret | ternary "http" "https" }}://{{ .Values.ingress.host }}
{{- else -}}
{{- $port := int .Values.gateway.service.port -}}
http://{{ include "penstock.gateway" . }}.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}{{ eq $port 80 | ternary "" (printf ":%d" $port) }}
{{- end -}}
{{- end -}}

{{/* Every namespace in which the operator works, as a JSON list; empty: all. */}}
{{- define "penstock.watched" -}}
{{- if .Values.watchNamespaces -}}
{{ concat .Values.watchNamespaces .Values.catalogNamespaces (list .Release.Namespace) | uniq | sortAlpha | toJson }}
{{- else -}}
[]
{{- end -}}
{{- end -}}

{{/* Of a policy's binding: what this release does not serve is not its business. */}}
{{- define "penstock.servedOnly" -}}
{{- if .Values.watchNamespaces -}}
matchResources:
  namespaceSelector:
    matchExpressions:
      - key: kubernetes.io/metadata.name
        operator: In
        values: {{ include "penstock.watched" . | fromJsonArray | toYaml | nindent 10 }}
{{- end -}}
{{- end -}}

{{- define "penstock.testNamespace" -}}
{{- if .Values.test.namespace -}}{{ .Values.test.namespace }}
{{- else if .Values.watchNamespaces -}}
{{ has .Release.Namespace .Values.watchNamespaces | ternary .Release.Namespace (first .Values.watchNamespaces) }}
{{- else -}}{{ .Release.Namespace }}{{- end -}}
{{- end -}}

{{/* The settings that operator and gateway share; see docs/contracts.md, "Release settings". */}}
{{- define "penstock.environment" -}}
- name: PENSTOCK_RELEASE
  value: {{ include "penstock.release" . | quote }}
- name: PENSTOCK_RELEASE_NAME
  value: {{ .Release.Name | quote }}
- name: PENSTOCK_RELEASE_NAMESPACE
  value: {{ .Release.Namespace | quote }}
- name: PENSTOCK_WATCH_NAMESPACES
  value: {{ .Values.watchNamespaces | join "," | quote }}
- name: PENSTOCK_CATALOGUE_NAMESPACES
  value: {{ concat .Values.catalogNamespaces (list .Release.Namespace) | uniq | join "," | quote }}
- name: PENSTOCK_RUNNER_IMAGE
  value: {{ include "penstock.image" (list . "runner") | quote }}
- name: PENSTOCK_RUNNER_PULL_POLICY
  value: {{ .Values.images.pullPolicy }}
- name: PENSTOCK_PUBLIC_URL
  value: {{ include "penstock.publicUrl" . | quote }}
- name: PENSTOCK_GATEWAY_DATABASE_SECRET
  value: {{ include "penstock.gatewayDatabaseSecret" . }}
- name: PENSTOCK_GATEWAY_SERVICE_ACCOUNT
  value: {{ include "penstock.gateway" . }}
- name: PENSTOCK_JOBS_ROLE
  value: {{ include "penstock.clusterName" (list . "job-creator") }}
- name: PENSTOCK_MAX_RUNNING
  value: {{ .Values.maxRunning | int | quote }}
- name: PENSTOCK_LOG_LEVEL
  value: {{ .Values.logLevel }}
- name: PENSTOCK_PORT
  value: "8080"
- name: PENSTOCK_POD
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
{{- end -}}

{{/*
Where runner pods may go, as a JSON list of NetworkPolicyEgressRule; empty where that is not bounded.
A machine's metadata address gives away the node's credentials: it is closed whatever the cluster's own ranges are, by IPv6 too
(embedded in an address of IPv6 it is sent as one of IPv4; NAT64 translates it).
*/}}
{{- define "penstock.runnerEgress" -}}
{{- $values := .Values.networkPolicy.runnerEgress -}}
{{- if $values.enabled -}}
{{- $named := list (dict "port" 53 "protocol" "UDP") (dict "port" 53 "protocol" "TCP") -}}
{{- $rules := list (dict "to" $values.dns "ports" $named) -}}
{{- if .Values.postgres.bundled -}}
{{- $here := dict "matchLabels" (dict "kubernetes.io/metadata.name" .Release.Namespace) -}}
{{- $pods := dict "matchLabels" (include "penstock.selector" (list . "postgres") | fromYaml) -}}
{{- $port := dict "port" 5432 "protocol" "TCP" -}}
{{- $rules = append $rules (dict "to" (list (dict "namespaceSelector" $here "podSelector" $pods)) "ports" (list $port)) -}}
{{- end -}}
{{- $closed := dict "0.0.0.0/0" (list "169.254.0.0/16") "::/0" (list "fd00:ec2::254/128" "fe80::/10" "64:ff9b::a9fe:0/112") -}}
{{- range $values.closedRanges -}}
{{- $all := contains ":" . | ternary "::/0" "0.0.0.0/0" -}}
{{- $closed = set $closed $all (append (get $closed $all) . | uniq) -}}
{{- end -}}
{{- range $all, $except := $closed -}}
{{- $rules = append $rules (dict "to" (list (dict "ipBlock" (dict "cidr" $all "except" $except)))) -}}
{{- end -}}
{{- concat $rules $values.database $values.allow | toJson -}}
{{- end -}}
{{- end -}}

{{/* What the operator alone is told, its address of the database with the installing role among it. */}}
{{- define "penstock.operatorEnvironment" -}}
- name: PENSTOCK_RETENTION_DAYS
  value: {{ .Values.retentionDays | int | quote }}
- name: PENSTOCK_DSN
  valueFrom:
    secretKeyRef:
      name: {{ include "penstock.databaseSecretName" . }}
      key: {{ include "penstock.databaseSecretKey" . }}
{{- with include "penstock.runnerEgress" . }}
- name: PENSTOCK_RUNNER_EGRESS
  value: {{ . | quote }}
{{- end }}
- name: PENSTOCK_NAMESPACE_CONNECTIONS
  value: {{ .Values.postgres.connectionsPerNamespace | default (add .Values.maxRunning 20) | int | quote }}
- name: PENSTOCK_DATABASE_ROLE_PREFIX
  value: {{ include "penstock.rolePrefix" . | quote }}
{{- with .Values.postgres.runnerHost }}
- name: PENSTOCK_RUNNER_DATABASE_HOST
  value: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* Probes of a program that answers them on the port named health: quick at the start, calm afterwards. */}}
{{- define "penstock.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: health}
  periodSeconds: 1
  timeoutSeconds: 5
  failureThreshold: 180
readinessProbe:
  httpGet: {path: /readyz, port: health}
  periodSeconds: 1
  timeoutSeconds: 5
  failureThreshold: 10
livenessProbe:
  httpGet: {path: /healthz, port: health}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end -}}

{{/* Values that contradict one another, in words. */}}
{{- define "penstock.validate" -}}
{{- if and (not .Values.postgres.bundled) (not .Values.postgres.existingSecret.name) -}}
{{- fail "\n\npostgres.bundled is false, so postgres.existingSecret.name must name a Secret in the release's namespace whose key (postgres.existingSecret.key, default dsn) holds the database's URL." -}}
{{- end -}}
{{- if and .Values.postgres.bundled .Values.postgres.existingSecret.name -}}
{{- fail "\n\npostgres.existingSecret.name is given, but postgres.bundled is true: set postgres.bundled=false to use your own Postgres, or leave existingSecret.name empty." -}}
{{- end -}}
{{- if and .Values.networkPolicy.runnerEgress.enabled (not .Values.postgres.bundled) (not .Values.networkPolicy.runnerEgress.database) -}}
{{- fail "\n\nnetworkPolicy.runnerEgress is enabled and postgres.bundled is false: networkPolicy.runnerEgress.database must say where the database or its pooler is, or no runner reaches it." -}}
{{- end -}}
{{- if and .Values.networkPolicy.runnerEgress.enabled (not .Values.networkPolicy.runnerEgress.dns) -}}
{{- fail "\n\nnetworkPolicy.runnerEgress.dns is empty: a rule without peers would open port 53 everywhere. Name where cluster names are resolved." -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "\n\ningress.enabled is true, so ingress.host must be given: webhook URLs are made of it." -}}
{{- end -}}
{{- if and .Values.watchNamespaces .Values.test.namespace (not (has .Values.test.namespace .Values.watchNamespaces)) -}}
{{- fail (printf "\n\ntest.namespace is %q, which is not among watchNamespaces: the release would never see the test's Instance." .Values.test.namespace) -}}
{{- end -}}
{{- range $name := list "operator" "gateway" "runner" "postgres" -}}
{{- if eq (index $.Values.images $name).tag "latest" -}}
{{- fail (printf "\n\nimages.%s.tag is \"latest\": nodes would keep whatever they have under that name. Give a version or a sha256: digest." $name) -}}
{{- end -}}
{{- end -}}
{{- if gt (len .Release.Name) 40 -}}
{{- fail (printf "\n\nThe release's name %q has %d characters; 40 at most, as other names are made of it." .Release.Name (len .Release.Name)) -}}
{{- end -}}
{{- end -}}

{{- define "schemalift.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "schemalift.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains (include "schemalift.name" .) .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "schemalift.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "schemalift.selector" -}}
app.kubernetes.io/name: {{ include "schemalift.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "schemalift.labels" -}}
{{ include "schemalift.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "schemalift.account" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "schemalift.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "schemalift.image" -}}
{{- with .Values.image.registry }}{{ . }}/{{ end -}}
{{ .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ default .Chart.AppVersion .Values.image.tag }}{{ end -}}
{{- end -}}

{{/* What a Job may do. */}}
{{- define "schemalift.jobRules" -}}
- apiGroups: [schemalift.dev]
  resources: [schemaplans]
  verbs: [create]
- apiGroups: [schemalift.dev]
  resources: [schemaplans/status]
  verbs: [patch]
{{- end -}}

{{/* What the operator does in every namespace it watches. No Secret is ever read. */}}
{{- define "schemalift.operatorRules" -}}
- apiGroups: [schemalift.dev]
  resources: [schemamigrations]
  verbs: [get, list, watch]
- apiGroups: [schemalift.dev]
  resources: [schemamigrations/status]
  verbs: [patch]
- apiGroups: [schemalift.dev]
  resources: [schemamigrations/finalizers]
  verbs: [update]
- apiGroups: [schemalift.dev]
  resources: [schemaplans]
  verbs: [get, list, watch, create, delete]
- apiGroups: [schemalift.dev]
  resources: [schemaplans/status]
  verbs: [patch]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, patch]
# What spec.backup names.
- apiGroups: [batch]
  resources: [cronjobs]
  verbs: [get]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch, create, delete]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [schemalift]
  verbs: [get, update]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

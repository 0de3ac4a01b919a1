{{- define "capstan.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end -}}
{{- end -}}

{{- define "capstan.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "capstan.labels" -}}
{{ include "capstan.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "capstan.image" -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag }}{{ end }}
{{- end -}}

{{/* Two operators that serve one namespace stop each other: each one's policies keep the other from writing a status. */}}
{{- define "capstan.alone" -}}
{{- range (lookup "apps/v1" "Deployment" "" "").items }}
{{- $labels := .metadata.labels | default dict }}
{{- $other := get $labels "app.kubernetes.io/instance" }}
{{- if and (eq (get $labels "app.kubernetes.io/name") $.Chart.Name) (or (ne $other $.Release.Name) (ne .metadata.namespace $.Release.Namespace)) }}
{{- $theirs := list }}
{{- range (first .spec.template.spec.containers).env }}
{{- if eq .name "CAPSTAN_WATCH_NAMESPACES" }}{{ $theirs = splitList "," .value }}{{ end }}
{{- end }}
{{- $both := list }}
{{- range $.Values.watchNamespaces }}
{{- if has . $theirs }}{{ $both = append $both . }}{{ end }}
{{- end }}
{{- if or (empty $theirs) (empty $.Values.watchNamespaces) $both }}
{{- fail (printf "release %s in namespace %s serves %s already, and two operators stop each other: upgrade that one, uninstall it, or give both watchNamespaces of their own" $other .metadata.namespace (empty $theirs | ternary "all namespaces" (join ", " $theirs))) }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Whether an object of the cluster is missing, or was installed by this release: root, apiVersion, kind, name. */}}
{{- define "is-ours" -}}
{{- $release := (index . 0).Release.Name }}
{{- $existing := lookup (index . 1) (index . 2) "" (index . 3) }}
{{- if or (not $existing) (eq $release (dig "metadata" "annotations" "meta.helm.sh/release-name" "" $existing)) }}true{{ end }}
{{- end }}

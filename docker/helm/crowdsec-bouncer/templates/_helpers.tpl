{{/* crowdsec-bouncer, or crowdsec-KIND-bouncer: of the image and of the program. */}}
{{- define "bouncer.type" -}}
{{- if eq .Values.kind "bouncer" }}crowdsec-bouncer{{ else }}crowdsec-{{ .Values.kind }}-bouncer{{ end }}
{{- end }}

{{- define "bouncer.name" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "bouncer.selector" -}}
app.kubernetes.io/name: {{ default (include "bouncer.type" .) .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "bouncer.labels" -}}
{{ include "bouncer.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: bouncer
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "bouncer.image" -}}
{{- $registry := .Values.image.registry | trimSuffix "/" -}}
{{- if contains "OWNER" $registry }}{{ fail "image.registry names where your images are, such as ghcr.io/your-team" }}{{ end -}}
{{- $name := include "bouncer.type" . -}}
{{- if $registry }}{{ $registry }}/{{ end }}{{ $name }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ default .Chart.AppVersion .Values.image.tag }}{{ end }}
{{- end }}

{{- define "bouncer.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "bouncer.name" .) .Values.serviceAccount.name }}{{ else }}{{ default "default" .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{- define "bouncer.settingsName" -}}
{{- default (printf "%s-settings" (include "bouncer.name" .)) .Values.existingSettings }}
{{- end }}

{{/* All variables, as the data of a ConfigMap. */}}
{{- define "bouncer.settings" -}}
{{- $all := dict "CROWDSEC_API_URL" .Values.lapiUrl -}}
{{- range $variable, $key := .Values.secrets -}}
{{- $_ := set $all (printf "%s_FILE" $variable) (printf "/run/secrets/bouncer/%s" $key) -}}
{{- end -}}
{{- if eq .Values.kind "traefik" -}}
{{- $_ := set $all "TRAEFIK_MODE" "forwardauth" -}}
{{- $_ := set $all "TRAEFIK_ADDRESS" (printf "http://%s.%s.svc:9461" (include "bouncer.name" .) .Release.Namespace) -}}
{{- end -}}
{{- if eq .Values.kind "firewall" }}{{ $_ := set $all "HTTP_LISTEN" "127.0.0.1:9460" }}{{ end -}}
{{- range $name, $value := .Values.settings }}{{ $_ := set $all $name (toString $value) }}{{ end -}}
{{- if and (eq .Values.kind "traefik") (eq $all.TRAEFIK_MODE "forwardauth") (not $all.TRAEFIK_TRUSTED_PROXIES) -}}
{{- fail "settings.TRAEFIK_TRUSTED_PROXIES has to name the network of Traefik's own pods: kubectl get pods -A -o wide | grep traefik" -}}
{{- end -}}
{{- range $name, $value := $all }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}

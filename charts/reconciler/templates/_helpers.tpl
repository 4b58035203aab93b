{{/* The name of what belongs to one environment. */}}
{{- define "reconciler.name" -}}
{{- printf "%s-%s" (.root.Release.Name | trunc 20 | trimSuffix "-") .environment | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "reconciler.labels" -}}
app.kubernetes.io/name: reconciler
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
reconciler.dev/environment: {{ .environment | quote }}
{{- end -}}

{{- define "reconciler.selector" -}}
app.kubernetes.io/name: reconciler
app.kubernetes.io/instance: {{ .root.Release.Name }}
reconciler.dev/environment: {{ .environment | quote }}
{{- end -}}

{{- define "reconciler.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{- if hasPrefix "@" $tag -}}
{{ .Values.image.repository }}{{ $tag }}
{{- else -}}
{{ .Values.image.repository }}:{{ $tag }}
{{- end -}}
{{- end -}}

{{- define "reconciler.serviceAccount" -}}
{{- if .root.Values.serviceAccount.create -}}
{{ include "reconciler.name" . }}
{{- else -}}
{{ .root.Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end -}}

{{/* git, files or configMap; fails if it is none or several. */}}
{{- define "reconciler.source" -}}
{{- $sources := list -}}
{{- if .Values.manifests.git.url }}{{ $sources = append $sources "git" }}{{ end -}}
{{- if .Values.manifests.files }}{{ $sources = append $sources "files" }}{{ end -}}
{{- if .Values.manifests.configMap }}{{ $sources = append $sources "configMap" }}{{ end -}}
{{- if ne (len $sources) 1 -}}
{{- fail "manifests: set exactly one of git.url, files and configMap" -}}
{{- end -}}
{{ first $sources }}
{{- end -}}

{{- define "reconciler.container" -}}
image: {{ include "reconciler.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{- define "reconciler.gitVariables" -}}
- name: HOME
  value: {{ empty .Values.manifests.git.secretName | ternary "/tmp" "/git-credentials" }}
- name: MANIFESTS_URL
  value: {{ .Values.manifests.git.url | quote }}
- name: MANIFESTS_REF
  value: {{ .Values.manifests.git.ref | quote }}
- name: MANIFESTS_FOLDER
  value: {{ printf "/checkout/repository/%s" .Values.manifests.git.path | clean | quote }}
- name: MANIFESTS_POLL_SECONDS
  value: {{ int .Values.manifests.git.pollSeconds | quote }}
- name: GIT_TERMINAL_PROMPT
  value: "0"
{{- if .Values.manifests.git.secretName }}
- name: GIT_SSH_COMMAND
  value: ssh -i /git-credentials/id_ed25519 -o UserKnownHostsFile=/git-credentials/known_hosts -o StrictHostKeyChecking=yes
- name: GIT_CONFIG_COUNT
  value: "1"
- name: GIT_CONFIG_KEY_0
  value: credential.helper
- name: GIT_CONFIG_VALUE_0
  value: store
{{- end }}
{{- end -}}

{{- define "reconciler.gitMounts" -}}
- {name: checkout, mountPath: /checkout}
- {name: tmp, mountPath: /tmp}
- {name: scripts, mountPath: /scripts, readOnly: true}
{{- if .Values.manifests.git.secretName }}
- {name: git-credentials, mountPath: /git-credentials, readOnly: true}
{{- end }}
{{- end -}}

{{/* The Pod of one environment: root, environment, settings, command (a list). */}}
{{- define "reconciler.pod" -}}
{{- $git := eq (include "reconciler.source" .root) "git" -}}
{{- $state := .settings.state | default dict -}}
serviceAccountName: {{ include "reconciler.serviceAccount" . }}
automountServiceAccountToken: {{ empty $state.kubernetes | ternary false true }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- if $git }}
initContainers:
  - name: checkout
    {{- include "reconciler.container" . | nindent 4 }}
    command: [sh, /scripts/checkout.sh]
    env:
      {{- include "reconciler.gitVariables" .root | nindent 6 }}
    volumeMounts:
      {{- include "reconciler.gitMounts" .root | nindent 6 }}
{{- end }}
containers:
  - name: reconciler
    {{- include "reconciler.container" . | nindent 4 }}
    command:
      {{- toYaml .command | nindent 6 }}
    workingDir: {{ $git | ternary (printf "/checkout/repository/%s" .root.Values.manifests.git.path | clean) "/manifests" }}
    envFrom:
      - secretRef:
          name: {{ .settings.credentials.secretName }}
      {{- with $state.secretName }}
      - secretRef:
          name: {{ . }}
      {{- end }}
    env:
      {{- if $git }}
      {{- include "reconciler.gitVariables" .root | nindent 6 }}
      {{- else }}
      - name: HOME
        value: /tmp
      {{- end }}
      - name: PYTHONDONTWRITEBYTECODE
        value: "1"
      {{- range $name, $value := .settings.env }}
      - name: {{ $name }}
        value: {{ $value | quote }}
      {{- end }}
    {{- with .root.Values.resources }}
    resources:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    volumeMounts:
      {{- if $git }}
      {{- include "reconciler.gitMounts" .root | nindent 6 }}
      {{- else }}
      - {name: manifests, mountPath: /manifests, readOnly: true}
      - {name: tmp, mountPath: /tmp}
      {{- end }}
volumes:
  - name: tmp
    emptyDir: {}
  {{- if $git }}
  - name: checkout
    emptyDir: {}
  - name: scripts
    configMap:
      name: {{ .root.Release.Name }}-scripts
  {{- with .root.Values.manifests.git.secretName }}
  - name: git-credentials
    secret:
      secretName: {{ . }}
      defaultMode: 0440
  {{- end }}
  {{- else }}
  - name: manifests
    configMap:
      name: {{ .root.Values.manifests.configMap | default (printf "%s-manifests" .root.Release.Name) }}
  {{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "reconciler.podMetadata" -}}
labels:
  {{- include "reconciler.labels" . | nindent 2 }}
  {{- with .root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  checksum/manifests: {{ toYaml .root.Values.manifests | sha256sum }}
  {{- with .root.Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

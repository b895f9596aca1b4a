package deploy

import (
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// manifests are what `kubectl apply -k` sends, and the secret that an operator writes.
type manifests struct {
	namespace  core.Namespace
	settings   core.ConfigMap
	secret     core.Secret
	deployment apps.Deployment
	service    core.Service
	ingress    networking.Ingress
	disruption policy.PodDisruptionBudget
}

// loadManifests builds the kustomization, and reads each object by its kind, refusing fields that
// the kind doesn't have.
func loadManifests(t *testing.T) *manifests {
	t.Helper()
	m := &manifests{}
	into := map[string]any{
		"Namespace": &m.namespace, "ConfigMap": &m.settings, "Deployment": &m.deployment, "Service": &m.service,
		"Ingress": &m.ingress, "PodDisruptionBudget": &m.disruption,
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(folder, "kubernetes"))
	must(t, err)
	for _, resource := range built.Resources() {
		target, ok := into[resource.GetKind()]
		if !ok {
			t.Fatalf("an unexpected %s", resource.GetKind())
		}
		delete(into, resource.GetKind())
		text, err := resource.AsYAML()
		must(t, err)
		must(t, yaml.UnmarshalStrict(text, target))
	}
	if len(into) > 0 {
		t.Fatalf("missing: %v", reflect.ValueOf(into).MapKeys())
	}
	must(t, yaml.UnmarshalStrict([]byte(read(t, filepath.Join(folder, "kubernetes/secret.example.yaml"))), &m.secret))
	return m
}

func TestKubernetesSettings(t *testing.T) {
	m := loadManifests(t)
	variables := map[string]string{}
	for name, value := range m.settings.Data {
		variables[name] = value
	}
	for name, value := range m.secret.StringData {
		variables[name] = value
	}
	for name := range variables {
		if !isSetting(name) {
			t.Errorf("there is no setting %s", name)
		}
	}
	variables["BOT9_SECRET_KEY"] = example(t)["BOT9_SECRET_KEY"] // which the operator fills in
	wantAccepted(t, variables)
	host := m.ingress.Spec.Rules[0].Host
	if variables["BOT9_ADDR"] != ":"+strconv.Itoa(port) || variables["BOT9_BASE_URL"] != "https://"+host || !slices.Contains(m.ingress.Spec.TLS[0].Hosts, host) {
		t.Errorf("the host %s does not fit %v", host, variables)
	}
	if variables["BOT9_TRUSTED_PROXIES"] == "" || !strings.HasPrefix(variables["BOT9_DATABASE_URL"], "postgres://") {
		t.Errorf("no trusted proxies, or no PostgreSQL: %v", variables)
	}
	container := m.deployment.Spec.Template.Spec.Containers[0]
	var from []string
	for _, source := range container.EnvFrom {
		if source.ConfigMapRef != nil {
			from = append(from, source.ConfigMapRef.Name)
		}
		if source.SecretRef != nil {
			from = append(from, source.SecretRef.Name)
		}
	}
	if !slices.Equal(from, []string{m.settings.Name, m.secret.Name}) {
		t.Errorf("settings come from %q", from)
	}
	if m.secret.Namespace != m.deployment.Namespace || m.namespace.Name != m.deployment.Namespace {
		t.Errorf("namespaces %q, %q and %q", m.namespace.Name, m.secret.Namespace, m.deployment.Namespace)
	}
}

func TestKubernetesDeployment(t *testing.T) {
	m := loadManifests(t)
	pod := m.deployment.Spec.Template.Spec
	container := pod.Containers[0]
	wantPinned(t, container.Image)
	if *m.deployment.Spec.Replicas != 3 || !slices.Equal(container.Args, []string{"serve"}) {
		t.Errorf("%d replicas of %q", *m.deployment.Spec.Replicas, container.Args)
	}
	for name, probe := range map[string]*core.Probe{"/healthz": container.LivenessProbe, "/readyz": container.ReadinessProbe, "/healthz ": container.StartupProbe} {
		if probe == nil || probe.HTTPGet.Path != strings.TrimSpace(name) || probe.HTTPGet.Port.String() != container.Ports[0].Name {
			t.Errorf("the probe of %s is %+v", name, probe)
		}
	}
	if container.Ports[0].ContainerPort != port || m.deployment.Spec.Template.Annotations["prometheus.io/port"] != strconv.Itoa(int(container.Ports[1].ContainerPort)) || container.Ports[1].ContainerPort == port {
		t.Errorf("ports %+v", container.Ports)
	}
	patience := time.Duration(*pod.TerminationGracePeriodSeconds-container.Lifecycle.PreStop.Sleep.Seconds) * time.Second
	if patience <= stopTime {
		t.Errorf("it gets %v to stop", patience)
	}
	secure := container.SecurityContext
	if !*pod.SecurityContext.RunAsNonRoot || *secure.AllowPrivilegeEscalation || !*secure.ReadOnlyRootFilesystem ||
		!slices.Equal(secure.Capabilities.Drop, []core.Capability{"ALL"}) || pod.SecurityContext.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
		t.Errorf("its rights are %+v and %+v", pod.SecurityContext, secure)
	}
}

// TestKubernetesSelectors: traffic, disruptions and replicas speak of the same pods.
func TestKubernetesSelectors(t *testing.T) {
	m := loadManifests(t)
	labels := m.deployment.Spec.Template.Labels
	for name, selector := range map[string]map[string]string{
		"the deployment": m.deployment.Spec.Selector.MatchLabels, "the service": m.service.Spec.Selector, "the budget": m.disruption.Spec.Selector.MatchLabels,
		"the spread": m.deployment.Spec.Template.Spec.TopologySpreadConstraints[0].LabelSelector.MatchLabels,
	} {
		if len(selector) == 0 || !reflect.DeepEqual(selector, labels) {
			t.Errorf("%s selects %v, and the pods are %v", name, selector, labels)
		}
	}
	if m.service.Spec.Ports[0].TargetPort.String() != m.deployment.Spec.Template.Spec.Containers[0].Ports[0].Name {
		t.Errorf("the service goes to %v", m.service.Spec.Ports[0].TargetPort)
	}
	backend := m.ingress.Spec.Rules[0].HTTP.Paths[0].Backend.Service
	if backend.Name != m.service.Name || backend.Port.Name != m.service.Spec.Ports[0].Name {
		t.Errorf("the ingress goes to %+v", backend)
	}
	if m.ingress.Annotations["nginx.ingress.kubernetes.io/proxy-buffering"] != "off" {
		t.Error("the ingress holds streams back")
	}
	if m.disruption.Spec.MaxUnavailable.IntValue() != 1 {
		t.Errorf("%v nodes may go at once", m.disruption.Spec.MaxUnavailable)
	}
}

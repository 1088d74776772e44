module portolan.dev/sandbox/crds

go 1.26.0

require (
	github.com/cert-manager/cert-manager v1.21.2
	github.com/external-secrets/external-secrets v1.3.2
	github.com/traefik/traefik/v3 v3.7.13
	sigs.k8s.io/gateway-api v1.6.1
)

// The other two ask for a later gateway-api; only its files are wanted here, so the pin holds.
replace sigs.k8s.io/gateway-api => sigs.k8s.io/gateway-api v1.4.1

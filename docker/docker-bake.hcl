# docker buildx bake -f docker/docker-bake.hcl            all images, for this machine's architecture: add --load
# docker buildx bake -f docker/docker-bake.hcl mikrotik   one
# docker buildx bake -f docker/docker-bake.hcl release    all, for every architecture, with SBOM and provenance: add --push

# Where images are pushed to, with the slash at its end; empty for local names.
variable "REGISTRY" { default = "" }
# Of a release; the workflow gives it.
variable "VERSION" { default = "dev" }
variable "REVISION" { default = "" }
variable "CREATED" { default = "" }
# Address of the source, for the labels.
variable "SOURCE" { default = "" }
# "type=gha" on GitHub; empty for none.
variable "CACHE" { default = "" }

group "default" { targets = ["image"] }
group "release" { targets = ["released"] }

function "image" {
  params = [app]
  result = app == "bouncer" ? "crowdsec-bouncer" : "crowdsec-${app}-bouncer"
}

function "tags" {
  params = [app]
  result = ["${REGISTRY}${image(app)}:${VERSION}", "${REGISTRY}${image(app)}:latest"]
}

target "common" {
  context = "."
  dockerfile = "docker/Dockerfile"
}

target "image" {
  inherits = ["common"]
  name = app
  matrix = { app = ["bouncer", "firewall", "haproxy", "mikrotik", "nginx", "pfsense", "traefik"] }
  args = { APP = app, IMAGE = image(app), VERSION = VERSION, REVISION = REVISION, CREATED = CREATED, SOURCE = SOURCE }
  tags = tags(app)
}

target "released" {
  inherits = ["common"]
  name = "${app}-release"
  matrix = { app = ["bouncer", "firewall", "haproxy", "mikrotik", "nginx", "pfsense", "traefik"] }
  args = { APP = app, IMAGE = image(app), VERSION = VERSION, REVISION = REVISION, CREATED = CREATED, SOURCE = SOURCE }
  # No `latest` and the like: they move once the images have been tried, see .github/workflows/release.yml.
  tags = ["${REGISTRY}${image(app)}:${VERSION}"]
  platforms = ["linux/amd64", "linux/arm64", "linux/arm/v7"]
  attest = ["type=provenance,mode=max", "type=sbom"]
  cache-from = CACHE == "" ? [] : ["${CACHE},scope=${app}"]
  cache-to = CACHE == "" ? [] : ["${CACHE},scope=${app},mode=max"]
}

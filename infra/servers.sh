# Where PostgreSQL and RabbitMQ may come from, for ./fleet and infra/setup.sh.

# configured postgres|bus: configuration names a server that runs elsewhere.
configured() { [[ -n $(printenv "ConnectionStrings__$1") ]]; }

# A container engine that answers runs the servers instead of this machine's packages.
has_container_engine() { { command -v docker && timeout 5 docker version; } >/dev/null 2>&1 || { command -v podman && timeout 5 podman info; } >/dev/null 2>&1; }

# Sourced by the commands in tools/: brings in the packages, unless they are those of the lockfile already.
# The Node of the `node` package then comes first, whatever the system has.
stamp=node_modules/.installed-lock
if ! cmp -s package-lock.json "$stamp"; then
  echo "installing packages (npm ci)"
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json "$stamp"
fi
export PATH="$PWD/node_modules/.bin:$PATH"

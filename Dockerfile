# syntax=docker/dockerfile:1
# One image for every process of Slipway; the command says which. Built in two stages: the first has what is needed
# to build, the second only what runs, as a user without rights.
FROM node:22.22.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm install --ignore-scripts
COPY tsconfig.json ./
COPY tools ./tools
COPY src ./src
COPY workflows ./workflows
COPY activities ./activities
RUN node tools/build.mjs && npm prune --omit=dev --ignore-scripts

FROM node:22.22.0-bookworm-slim
# git reads model repositories; bubblewrap confines their commands; util-linux (setpriv) is part of the base image. Versions follow the pinned base image.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends bubblewrap ca-certificates git openssh-client \
  && rm -rf /var/lib/apt/lists/* \
  && groupadd --system --gid 10001 slipway \
  && useradd --system --uid 10001 --gid slipway --create-home --home-dir /var/lib/slipway slipway \
  && install -d -m 0700 -o slipway -g slipway /run/slipway \
    /var/lib/slipway/tmp /var/lib/slipway/keys /var/lib/slipway/keys/public
# A new volume takes over owner and folders of the place where it is mounted, so these are made above.
ENV NODE_ENV=production SLIPWAY_HOME=/var/lib/slipway NODE_OPTIONS=--enable-source-maps
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY bin ./bin
COPY package.json ./
USER 10001:10001
CMD ["node", "bin/slipway.mjs", "--help"]

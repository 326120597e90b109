// Entry for pages: tiles come from the server.

import { remoteLoader } from "./decode.js";
import { build, get } from "./registry.js";

build((facts) => ({
  buildings: facts.buildingsUrl ? remoteLoader(facts.buildingsUrl) : null,
  backdrop: facts.backdropUrl ? remoteLoader(facts.backdropUrl) : null,
}));

export { get };

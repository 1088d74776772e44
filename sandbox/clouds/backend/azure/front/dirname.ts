// Of a package that azurite loads and that a bundle has no folder for: it looks there for settings, and finds none.
Object.assign(globalThis, { __dirname: "/" });

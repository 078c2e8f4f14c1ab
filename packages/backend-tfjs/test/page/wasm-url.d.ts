// What vite makes of a file's address.
declare module "*.wasm?url" {
  const url: string;
  export default url;
}

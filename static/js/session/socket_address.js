/** Where a socket is, from what the server said and where this page came from. */

/**
 * @param {string} ws_url absolute, or a path
 * @param {string} page_url
 * @returns {URL}
 */
export function socketAddress(ws_url, page_url) {
  const page = new URL(page_url);
  const url = new URL(ws_url, page);
  // A page that came over TLS may only open sockets over TLS, whatever a proxy made the server believe.
  url.protocol = page.protocol === "https:" ? "wss:" : url.protocol.replace("http", "ws");
  return url;
}

"""Tables by area, one file each; `app.overview.exports.tables` gathers them."""

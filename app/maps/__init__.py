"""The drawing toolkit: Folium maps from our own assets, as page parts or as one file.

It draws what it is given. It knows no table, no request and no person; text reaches the browser only as JSON.
"""

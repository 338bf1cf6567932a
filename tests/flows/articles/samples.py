"""Articles as the documentation and the wikis of help desks have them."""

# As on Microsoft Learn: front matter, a callout, code inside a step, asides.
MARKDOWN = r"""---
title: "Troubleshoot printing"
ms.date: 11/01/2026
---
# Print jobs stay in the queue

A document is printed, and stays in the queue.

- Windows 11

## Symptoms

The queue says *Error*.

## Cause

The spooler has stopped.

## Resolution

> [!WARNING]
> All waiting documents are lost.

1. Open **Services**.
2. Stop the service:

   ```powershell
   Stop-Service Spooler
   ```

   - As administrator
   - On the print server
3. Print again. See [the manual](https://learn.microsoft.com/spooler).

## If only one user is affected

- Remove the printer `\\srv\p1`.
- Add it again.

## Otherwise

Restart the print server.

## See also

- [Printers](https://learn.microsoft.com/printers)
"""

# As Confluence exports a page: breadcrumbs, metadata, a macro, nested lists, a table and a script.
HTML = """<!DOCTYPE html><html><head><title>IT : Mailbox is full</title>
<style>ol { color: red }</style></head><body>
<div id="main-header">
<div id="breadcrumb-section"><ol id="breadcrumbs"><li><a href="index.html">IT</a></li></ol></div>
<h1 id="title-heading"><span>Mailbox is full</span></h1></div>
<div class="page-metadata">Created by Ada on 1 Nov</div>
<script>document.write("<ol><li>evil</li></ol>")</script>
<p>The user&nbsp;gets &quot;quota exceeded&quot;.</p>
<h2>Option 1: Empty the bin</h2>
<div class="confluence-information-macro confluence-information-macro-warning"><p class="title">Warning</p>
<div class="confluence-information-macro-body"><p>Nothing comes back.</p></div></div>
<ol><li><p>Open Outlook.</p><ul><li>On the web<ul><li>in Edge</li></ul></li></ul></li>
<li>Empty <em>Deleted Items</em>.<table><tbody><tr><th>Plan</th><th>Limit</th></tr>
<tr><td><p>E3</p></td><td><p>100&nbsp;GB</p></td></tr></tbody></table></li></ol>
<h2>Option 2: Turn the archive on</h2>
<ol><li>Run this:<pre>Enable-Mailbox ada `
  -Archive</pre></li><li onclick="steal()">Wait a day.</li></ol>
<div id="footer"><p>Exported by Confluence</p></div></body></html>"""

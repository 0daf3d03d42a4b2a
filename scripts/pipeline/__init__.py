"""From an OpenAPI document to an installed client, stage by stage.

    source -> upgrade -> overlay -> normalise -> inspect -> generate -> index -> tidy -> verify -> lock -> install

``build`` decides whether there is anything to do, and ``stages`` runs every stage once, in this order. Stages up to
``inspect`` (``prepare``) are pure functions from document to document. The following ones (``package``) write into a
staging folder. Only ``install`` touches the repository, in one journalled step.

============== =====================================================================================================
``fetch/``     find the document of a portal and store it
``document/``  read documents, untrusted as they are, within limits
``upgrade/``   Swagger 2.0 becomes OpenAPI 3.0
``normalise/`` rules that rewrite a document into one from which the generator makes working code
``children/``  child processes, the generator's among them, in a sandbox where the system has one
``index/``     what the package has beside the generator's modules: runtime, table of operations, resources
``verify/``    the package does what the received document says
``install/``   layout, lock, work folder, journal, hand edits: whatever touches the repository
``diff/``      what a new document means for the users of the client
``release/``   one version of the client for one platform release
============== =====================================================================================================

The modules at the root are the commands (``cli``, ``build``, ``check``), single stages, and what all of them share. A
document is a plain ``dict[str, Any]``, as read from JSON.
"""

using Microsoft.AspNetCore.Components;

namespace Aspire.Hosting.Dashboard.Components.Controls;

/// <summary>Shows something of one resource, as it is when it is drawn.</summary>
public abstract class ResourceControl : ComponentBase
{
    [Parameter, EditorRequired] public string Name { get; set; } = "";

    /// <summary>The data's version: what has the same parameters as before is not drawn again.</summary>
    [Parameter, EditorRequired] public long Version { get; set; }
}

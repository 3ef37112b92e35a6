using Microsoft.JSInterop;

namespace SimulationManager.Console.Api;

/// <summary>The console's scripts that are loaded when a page needs them.</summary>
public sealed class ScriptModules(IJSRuntime script, NetworkRetry retry)
{
    /// <summary>Loads a script, or finds the one that is loaded already.</summary>
    /// <param name="file">Its name below the console's address.</param>
    /// <exception cref="JSException">It cannot be loaded.</exception>
    public Task<IJSInProcessObjectReference> LoadAsync(string file) =>
        retry.RunAsync(() => script.InvokeAsync<IJSInProcessObjectReference>("import", $"./{file}").AsTask(), CancellationToken.None);
}

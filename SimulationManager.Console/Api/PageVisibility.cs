using Microsoft.JSInterop;

namespace SimulationManager.Console.Api;

/// <summary>Whether the page can be seen, as opposed to one in a tab behind others.</summary>
public sealed class PageVisibility(ScriptModules scripts) : IDisposable
{
    private DotNetObjectReference<PageVisibility>? _self;
    private Task? _watching;
    private CancellationTokenSource _hidden = new();
    private TaskCompletionSource _shown = new();

    /// <summary>Cancelled when the page is hidden, or already while it is.</summary>
    public CancellationToken Hidden => _hidden.Token;

    /// <summary>Waits until the page is shown. Returns whether it was hidden.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task<bool> WaitUntilShownAsync(CancellationToken cancellationToken)
    {
        try
        {
            await (_watching ??= WatchAsync());
        }
        catch (JSException)
        {
            // The page is taken for shown, and the next call tries again.
            _watching = null;
            return false;
        }
        if (_shown.Task.IsCompleted) return false;
        await _shown.Task.WaitAsync(cancellationToken);
        return true;
    }

    /// <summary>Called by the browser.</summary>
    [JSInvokable]
    public void Changed(bool isShown)
    {
        if (isShown == _shown.Task.IsCompleted) return;
        if (isShown)
        {
            _hidden = new CancellationTokenSource();
            _shown.SetResult();
        }
        else
        {
            _shown = new TaskCompletionSource();
            _hidden.Cancel();
        }
    }

    public void Dispose()
    {
        _self?.Dispose();
        _hidden.Dispose();
    }

    private async Task WatchAsync()
    {
        using var module = await scripts.LoadAsync("page-visibility.js");
        _self = DotNetObjectReference.Create(this);
        Changed(module.Invoke<bool>("watch", _self));
    }
}

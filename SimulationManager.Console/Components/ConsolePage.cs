using Microsoft.AspNetCore.Components;
using SimulationManager.Console.Api;

namespace SimulationManager.Console.Components;

/// <summary>What pages have in common: calls that end with the page, and a sentence about the last one that failed.</summary>
public abstract class ConsolePage : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private int _running;

    /// <summary>Set when the page is left.</summary>
    protected CancellationToken Closed { get; private set; }

    /// <summary>Why the last call failed; null when it succeeded.</summary>
    protected string? Problem { get; set; }

    /// <summary>Which fields of the last call were refused, and why.</summary>
    protected IReadOnlyList<FieldError> Refused { get; private set; } = [];

    /// <summary>Whether a call goes on.</summary>
    protected bool IsBusy => _running > 0;

    protected ConsolePage() => Closed = _closed.Token;

    public void Dispose()
    {
        _closed.Cancel();
        _closed.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes calls of the API. A refusal becomes <see cref="Problem"/>.</summary>
    /// <returns>Whether they succeeded.</returns>
    protected async Task<bool> TryAsync(Func<Task> calls)
    {
        _running++;
        try
        {
            await calls();
            (Problem, Refused) = (null, []);
            return true;
        }
        catch (ApiException exception)
        {
            (Problem, Refused) = (exception.Message, exception.Errors);
            return false;
        }
        catch (OperationCanceledException) when (Closed.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            _running--;
            if (!Closed.IsCancellationRequested) StateHasChanged();
        }
    }

    /// <summary>Reads events until the page is left; <paramref name="handle"/> is called for each. Returns at once.</summary>
    protected void Follow(EventFeed feed, long? simulationId, Func<RunEvent, Task> handle, Action<bool>? connected = null) =>
        _ = FollowAsync(feed, simulationId, handle, connected);

    private async Task FollowAsync(EventFeed feed, long? simulationId, Func<RunEvent, Task> handle, Action<bool>? connected)
    {
        try
        {
            await foreach (var change in feed.ReadAsync(simulationId, isConnected => connected?.Invoke(isConnected), Closed))
            {
                if (Closed.IsCancellationRequested) return;
                await handle(change);
            }
        }
        catch (Exception exception) when (!Closed.IsCancellationRequested)
        {
            // The page shows that it has failed, as it does for its own events.
            await DispatchExceptionAsync(exception);
        }
    }
}

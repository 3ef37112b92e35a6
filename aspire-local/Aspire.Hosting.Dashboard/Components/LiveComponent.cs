using Microsoft.AspNetCore.Components;

namespace Aspire.Hosting.Dashboard.Components;

/// <summary>
/// A view of data that changes by itself. It looks twice a second whether its data has another version and only then
/// builds itself anew, so that a flood of telemetry costs a page no more than two renderings a second.
/// </summary>
public abstract class LiveComponent : ComponentBase, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private readonly CancellationTokenSource _closed = new();

    [Inject] private TimeProvider Clock { get; set; } = default!;

    protected CancellationToken Closed => _closed.Token;

    /// <summary>True: the view stays as it is.</summary>
    protected bool IsPaused { get; set; }

    /// <summary>A number that differs when there is something new to show.</summary>
    protected abstract long DataVersion { get; }

    /// <summary>Reads the data anew; runs in the circuit's context.</summary>
    protected abstract void Reload();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        _closed.Cancel();
        _closed.Dispose();
    }

    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
            _ = FollowAsync();
    }

    private async Task FollowAsync()
    {
        // What came between the page's making and its arrival in the browser is shown at the first tick.
        long? shown = null;
        using var timer = new PeriodicTimer(Interval, Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(Closed))
            {
                var version = DataVersion;
                if (IsPaused || version == shown)
                    continue;
                shown = version;
                await InvokeAsync(() =>
                {
                    Reload();
                    StateHasChanged();
                });
            }
        }
        catch (OperationCanceledException)
        {
            // The page was left.
        }
        catch (Exception error)
        {
            await DispatchExceptionAsync(error);
        }
    }
}

using System.Text.Json;

namespace Aspire.Hosting.Dashboard.Resources;

/// <summary>Opens followers for the pages.</summary>
internal sealed class ConsoleFollowerFactory(ResourceServiceClient client, TimeProvider clock)
{
    public ConsoleFollower Follow(string resource) => new(client, clock, resource);
}

/// <summary>The last lines of a resource's console, for as long as somebody looks at them.</summary>
internal sealed class ConsoleFollower : IDisposable
{
    private const int MaxLines = 10_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private readonly Queue<ConsoleLine> _lines = new();
    private readonly CancellationTokenSource _closed = new();
    private long _last = long.MinValue;
    private long _version;

    public ConsoleFollower(ResourceServiceClient client, TimeProvider clock, string resource)
    {
        Resource = resource;
        _ = FollowAsync(client, clock, _closed.Token);
    }

    public string Resource { get; }
    public string? Problem { get; private set; }

    /// <summary>Rises with every change, so that a view can tell whether it is out of date.</summary>
    public long Version => Volatile.Read(ref _version);

    public List<ConsoleLine> Lines()
    {
        lock (_gate)
            return [.. _lines];
    }

    public void Dispose()
    {
        _closed.Cancel();
        _closed.Dispose();
    }

    private async Task FollowAsync(ResourceServiceClient client, TimeProvider clock, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var lines in client.WatchConsoleAsync(Resource, cancellationToken))
                    Add(lines);
            }
            catch (Exception error) when (error is HttpRequestException or IOException or JsonException or InvalidOperationException)
            {
                Problem = error.Message;
                Interlocked.Increment(ref _version);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(Pause, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Add(ConsoleLine[] lines)
    {
        lock (_gate)
        {
            Problem = null;
            // After a new connection the AppHost tells the kept lines again.
            if (lines.Length > 0 && lines[^1].Number < _last)
            {
                _lines.Clear();
                _last = long.MinValue;
            }

            foreach (var line in lines.Where(line => line.Number > _last))
            {
                _last = line.Number;
                if (_lines.Count == MaxLines)
                    _lines.Dequeue();
                _lines.Enqueue(line);
            }
        }

        Interlocked.Increment(ref _version);
    }
}

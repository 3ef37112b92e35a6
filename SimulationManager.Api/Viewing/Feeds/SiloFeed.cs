using System.Threading.Channels;
using SimulationManager.Api.Hosting;
using SimulationManager.Core.Grains;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>What comes to a feed from one silo.</summary>
internal sealed partial class SiloFeed(string silo, WatchedExecution execution, ExecutionFeed feed, WorkerConnection worker, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>Choices that come shortly after each other are told together.</summary>
    private static readonly TimeSpan ChooseInterval = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Channel<bool> _choices = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Guid _id = Guid.NewGuid();
    private Task _running = Task.CompletedTask;

    /// <summary>Whether it could not be gone on with; another one has to take its place if agents play there.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Begins to watch the silo.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>Has what is watched told to the silo again.</summary>
    public void ChooseAnew() => _choices.Writer.TryWrite(true);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        using var choosing = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var choices = Task.CompletedTask;
        try
        {
            var grain = worker.AgentFeed(silo);
            choices = TellChoicesAsync(grain, choosing.Token);
            await foreach (var batch in grain.Watch(_id, execution, feed.Choice(), _stopping.Token)) feed.Take(silo, batch);
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            LogLost(logger, exception, silo, execution.ExecutionId);
            HasFailed = true;
            feed.Forget(silo);
        }
        finally
        {
            await choosing.CancelAsync();
            await choices.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TellChoicesAsync(IAgentFeedGrain grain, CancellationToken cancellationToken)
    {
        while (true)
        {
            await _choices.Reader.ReadAsync(cancellationToken);
            await Task.Delay(ChooseInterval, time, cancellationToken);
            try
            {
                // Not open there yet: what was chosen at the start may be older.
                if (!await grain.Choose(_id, feed.Choice())) ChooseAnew();
            }
            catch (Exception exception) when (WorkerConnection.IsWorkerFailure(exception))
            {
                // The silo is away; the enumeration finds that out as well. Or the call got lost.
                ChooseAnew();
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken);
            }
        }
    }

    [LoggerMessage(722, LogLevel.Information, "Worker {Silo} shows no messages of execution {Execution} any more; it is looked for where its agents play")]
    private static partial void LogLost(ILogger logger, Exception exception, string silo, long execution);
}

using System.Threading.Channels;
using SimulationManager.Api.Hosting;
using SimulationManager.Core.Grains;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>What comes to a feed from one silo.</summary>
internal sealed partial class SiloFeed(string silo, WatchedExecution execution, ExecutionFeed feed, WorkerConnection worker, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>Choices that come shortly after each other are told together.</summary>
    private static readonly TimeSpan ChooseInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>After this time without an answer the silo is taken for lost.</summary>
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

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
            await TakeBatchesAsync(grain);
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

    /// <summary>Takes what comes until the silo is lost. What does not come in time is asked for again, and comes once.</summary>
    private async Task TakeBatchesAsync(IAgentFeedGrain grain)
    {
        try
        {
            var answeredAt = time.GetTimestamp();
            AgentFeedBatch? batch = null;
            while (true)
            {
                try
                {
                    if (batch is null) await grain.Open(_id, execution, feed.Choice()).WaitAsync(_stopping.Token);
                    batch = await grain.Next(_id, batch?.Number ?? 0).WaitAsync(_stopping.Token);
                    answeredAt = time.GetTimestamp();
                    if (batch is not null) feed.Take(silo, batch);
                }
                catch (Exception exception) when (WorkerConnection.IsWorkerFailure(exception) && time.GetElapsedTime(answeredAt) < GiveUpAfter)
                {
                    LogNoAnswer(logger, exception, silo, execution.ExecutionId);
                    await Task.Delay(RetryInterval, time, _stopping.Token);
                }
            }
        }
        finally
        {
            await grain.Close(_id).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
                // The silo is away, which is found out by asking for news as well. Or the call got lost.
                ChooseAnew();
                await Task.Delay(RetryInterval, time, cancellationToken);
            }
        }
    }

    [LoggerMessage(722, LogLevel.Information, "Worker {Silo} shows no messages of execution {Execution} any more; it is looked for where its agents play")]
    private static partial void LogLost(ILogger logger, Exception exception, string silo, long execution);

    [LoggerMessage(726, LogLevel.Debug, "Worker {Silo} does not tell what agents of execution {Execution} put out; it is asked again")]
    private static partial void LogNoAnswer(ILogger logger, Exception exception, string silo, long execution);
}

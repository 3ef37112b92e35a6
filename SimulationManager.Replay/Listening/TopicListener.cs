namespace SimulationManager.Replay;

/// <summary>Listens at one source, and connects again whenever that is lost.</summary>
internal sealed class TopicListener : ITopicListener
{
    private readonly ITopicSource _source;
    private readonly ListenPlan _plan;
    private readonly ListenerState _state;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    public TopicListener(OutputEndpoint endpoint, ITopicSource source, ListenPlan plan)
    {
        (_source, _plan, _state) = (source, plan, new ListenerState(endpoint, plan.Time, plan.Logger));
        _running = Task.Run(RunAsync);
    }

    public ListenerStatus Status => _state.Status;

    public IReadOnlyList<ListenerGap> TakeGaps(DateTimeOffset now) => _state.TakeGaps(now);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
        _plan.Heard.Complete();
    }

    private async Task RunAsync()
    {
        for (var failures = 0; !_stopping.IsCancellationRequested; failures++)
        {
            var subscriptions = _state.Subscriptions;
            try
            {
                if (await _source.ListenAsync(_state, _stopping.Token) is { } reason) _state.Failed(reason);
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                _state.Failed(_source.Describe(exception));
            }
            if (_state.Subscriptions > subscriptions) failures = 0;
            await Task.Delay(ReconnectWait.After(failures), _plan.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

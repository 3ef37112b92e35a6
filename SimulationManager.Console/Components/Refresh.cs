namespace SimulationManager.Console.Components;

/// <summary>Reads again what events have changed, at most once in a while: events come in crowds, and each is told of at once by the first read after it.</summary>
internal sealed class Refresh
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(700);

    private bool _isAsked;
    private bool _isRunning;

    /// <summary>Asks for a read. Returns at once; what comes meanwhile is one more read.</summary>
    public Task SoonAsync(Func<Task> read, CancellationToken closed)
    {
        _isAsked = true;
        if (!_isRunning) _ = ReadAsync(read, closed);
        return Task.CompletedTask;
    }

    private async Task ReadAsync(Func<Task> read, CancellationToken closed)
    {
        _isRunning = true;
        while (_isAsked && !closed.IsCancellationRequested)
        {
            _isAsked = false;
            try
            {
                await read();
            }
            catch (Exception) when (!closed.IsCancellationRequested)
            {
                // There may be no further event to ask again: what could not be read now is read a little later.
                _isAsked = true;
            }
            await Task.Delay(Shortest, closed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _isRunning = false;
    }
}

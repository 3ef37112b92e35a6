using Microsoft.JSInterop;

namespace SimulationManager.Console.Api;

/// <summary>
/// Repeats what only reads and has failed because of the network. Browsers end all requests when an interface of the network comes or goes, as with Wi-Fi, a VPN
/// or containers.
/// </summary>
public sealed class NetworkRetry(TimeProvider time)
{
    private static readonly TimeSpan[] s_waits = [TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(1)];

    /// <summary>Makes the call until it succeeds, at most three times.</summary>
    /// <exception cref="ApiException">The last time, the API could not be reached.</exception>
    /// <exception cref="JSException">The last time, a script could not be loaded.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        foreach (var wait in s_waits)
        {
            try
            {
                return await call();
            }
            catch (Exception exception) when (exception is JSException or ApiException { Status: null })
            {
                await Task.Delay(wait, time, cancellationToken);
            }
        }
        return await call();
    }
}

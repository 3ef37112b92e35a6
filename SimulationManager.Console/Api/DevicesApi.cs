namespace SimulationManager.Console.Api;

/// <summary><c>/api/auth/sessions</c>: the devices that one is signed in on.</summary>
public sealed class DevicesApi(ApiConnection api)
{
    public Task<IReadOnlyList<DeviceView>> ListAsync(CancellationToken cancellationToken) =>
        api.GetAsync("api/auth/sessions", ConsoleJson.Default.EnvelopeIReadOnlyListDeviceView, cancellationToken);

    public Task<DevicesClosed> CloseAsync(string sessionId, CancellationToken cancellationToken) =>
        api.DeleteAsync($"api/auth/sessions/{Uri.EscapeDataString(sessionId)}", ConsoleJson.Default.EnvelopeDevicesClosed, cancellationToken);
}

public sealed record DeviceView(string SessionId, string Device, string Address, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, bool IsCurrent);

public sealed record DevicesClosed(int Closed);

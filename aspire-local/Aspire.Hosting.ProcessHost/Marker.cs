namespace Aspire.Hosting.ProcessHost;

/// <summary>Environment entries that every child passes on to its descendants, by which they are found wherever they went.</summary>
internal static class Marker
{
    public const string SessionName = "ASPIRE_LOCAL_SESSION";
    public const string LaunchName = "ASPIRE_LOCAL_LAUNCH";

    public static string OfSession(string sessionId) => $"{SessionName}={sessionId}";

    public static string OfLaunch(string sessionId, int id) => $"{LaunchName}={sessionId}:{id}";
}

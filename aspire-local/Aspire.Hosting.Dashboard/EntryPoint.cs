using Aspire.Hosting.Dashboard.Hosting;

namespace Aspire.Hosting.Dashboard;

// Not top-level statements: their class would have the name of every other program's in a test project that refers to several.
internal static class EntryPoint
{
    private static Task<int> Main(string[] args) => DashboardApplication.RunAsync(args);
}

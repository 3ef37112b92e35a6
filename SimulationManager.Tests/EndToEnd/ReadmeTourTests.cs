using System.Diagnostics;
using System.Text.RegularExpressions;

namespace SimulationManager.Tests.EndToEnd;

/// <summary>The README's tour, run by a shell just as a newcomer pastes it.</summary>
[Collection(nameof(AppHostCollection))]
public sealed partial class ReadmeTourTests(AppHostFixture appHost)
{
    private const string DocumentedAddress = "http://localhost:8000";

    [Fact]
    public async Task Korean_readme_has_the_same_commands() =>
        Assert.Equal(CommandsOf(await ReadAsync("README.md")), CommandsOf(await ReadAsync("README.ko.md")));

    [Fact]
    public async Task Tour_ends_with_all_messages_of_the_recording_put_out()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "the tour is written for a POSIX shell; /bin/bash is not on this machine");
        var address = await appHost.ApiAddressAsync(TestContext.Current.CancellationToken);
        var script = TourOf(await ReadAsync("README.md")).Replace(DocumentedAddress, address.ToString().TrimEnd('/'), StringComparison.Ordinal);

        var output = await RunAsync(script, TestContext.Current.CancellationToken);

        Assert.Contains("\"status\":\"COMPLETED\"", output, StringComparison.Ordinal);
        Assert.Contains($"\"messagesOut\":{113 * 7}", output, StringComparison.Ordinal);
        Assert.Contains("\"status\":\"STOPPED\"", output, StringComparison.Ordinal);
        Assert.Matches(PublishedCount(), output);
        if (!File.Exists("/usr/bin/mosquitto_sub")) return;
        Assert.Contains("/robot_007/odom {\"header\":{\"stamp\":", output, StringComparison.Ordinal);
        Assert.Contains("\"child_frame_id\":\"robot_007/base_link\"", output, StringComparison.Ordinal);
        Assert.Equal(3, HeardCommand().Count(output));
    }

    [Fact]
    public async Task Tour_goes_on_with_its_own_template_where_there_is_no_demo()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "the tour is written for a POSIX shell; /bin/bash is not on this machine");
        var choice = TourOf(await ReadAsync("README.md")).Split('\n').Where(line => line.StartsWith("DEMO=", StringComparison.Ordinal));

        var output = await RunAsync($"set -e\ncurl() {{ echo '[]'; }}\nTEMPLATE=7\n{string.Join('\n', choice)}\necho \"takes $DEMO\"", TestContext.Current.CancellationToken);

        Assert.Contains("takes 7", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("README.ko.md")]
    public async Task Readme_leads_to_the_clusters_documents(string readme)
    {
        var links = Link().Matches(await ReadAsync(readme)).Select(link => link.Groups[1].Value);

        Assert.Contains("docs/kubernetes.md", links);
        Assert.Contains("docs/operations.md", links);
        Assert.All(links, link => Assert.True(Path.Exists(Path.Combine(RepositoryRoot(), link)), $"'{link}' in {readme} leads nowhere."));
    }

    /// <summary>Every <c>sh</c> block between the tour's heading and the next one.</summary>
    private static string TourOf(string markdown)
    {
        var section = markdown[markdown.IndexOf("<!-- tour -->", StringComparison.Ordinal)..markdown.IndexOf("<!-- end of tour -->", StringComparison.Ordinal)];
        return "set -e\n" + string.Join('\n', ShellBlock().Matches(section).Select(block => block.Groups[1].Value));
    }

    private static Task<string> ReadAsync(string readme) =>
        File.ReadAllTextAsync(Path.Combine(RepositoryRoot(), readme), TestContext.Current.CancellationToken);

    /// <summary>The tour's lines without their comments, which are in the reader's language.</summary>
    private static IEnumerable<string> CommandsOf(string readme) =>
        TourOf(readme).Split('\n').Select(line => Comment().Replace(line, "").TrimEnd()).Where(line => line.Length > 0);

    private static async Task<string> RunAsync(string script, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(3));
        using var shell = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", script])
        {
            WorkingDirectory = RepositoryRoot(),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var errors = shell.StandardError.ReadToEndAsync(limit.Token);
            var output = await shell.StandardOutput.ReadToEndAsync(limit.Token);
            await shell.WaitForExitAsync(limit.Token);
            Assert.True(shell.ExitCode == 0, $"The tour ended with {shell.ExitCode}:\n{output}\n{await errors}");
            return output;
        }
        finally
        {
            if (!shell.HasExited) shell.Kill(entireProcessTree: true);
        }
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SimulationManager.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside a checkout of the repository.");
    }

    /// <summary>Messages that the demo's broker got in the run that is stopped.</summary>
    [GeneratedRegex(@"""status"":""STOPPED"".*""endpoint"":""mqtt://localhost:\d+/demo"",""out"":[1-9]")]
    private static partial Regex PublishedCount();

    [GeneratedRegex(@"^demo/\d+/[^/]+/cmd_vel \{""linear"":", RegexOptions.Multiline)]
    private static partial Regex HeardCommand();

    [GeneratedRegex(@"\]\(([^)#:]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"(^|\s)#\s.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex ShellBlock();
}

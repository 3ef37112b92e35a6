using System.Globalization;

namespace SimulationManager.Hosting.LocalServers;

/// <summary>An account of this machine.</summary>
internal sealed record UnixAccount(string Name, uint UserId, uint GroupId)
{
    private static readonly string[] Preferred = ["postgres", "_postgres", "nobody"];
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(30);

    /// <summary>The account for servers that refuse to run as root: null when this process is not root, and so needs none.</summary>
    /// <exception cref="LocalServerException">Root, and none of the usual accounts exists.</exception>
    public static UnixAccount? ForUnprivileged()
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess) return null;
        var accounts = File.ReadLines("/etc/passwd").Select(Parse).OfType<UnixAccount>().Where(account => account.UserId != 0).ToList();
        return Preferred.Select(name => accounts.Find(account => account.Name == name)).FirstOrDefault(account => account is not null)
            ?? throw new LocalServerException(
                $"The AppHost runs as root, which the server refuses, and none of the accounts {string.Join(", ", Preferred)} exists. Start it as a normal user, or add one of them.");
    }

    /// <summary>Makes the account the owner of a folder that it alone may enter.</summary>
    /// <exception cref="LocalServerException">The account cannot get to the folder.</exception>
    public async Task OwnAsync(string folder, CancellationToken cancellationToken)
    {
        await Programs.RunAsync("chown", [string.Create(CultureInfo.InvariantCulture, $"{UserId}:{GroupId}"), folder], CommandLimit, cancellationToken).ConfigureAwait(false);
        for (var above = Path.GetDirectoryName(folder); above is not null; above = Path.GetDirectoryName(above))
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(above) & UnixFileMode.OtherExecute) == 0)
                throw new LocalServerException($"As root the server runs as '{Name}', which may not enter '{above}' and so not reach its data. Run 'chmod o+x {above}', or choose another folder with --LocalServers:DataRoot=<folder>.");
        }
    }

    private static UnixAccount? Parse(string line) =>
        line.Split(':') is [var name, _, var user, var group, ..]
        && uint.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out var userId)
        && uint.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out var groupId)
            ? new UnixAccount(name, userId, groupId)
            : null;
}

using System.Globalization;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>An account of this machine.</summary>
internal sealed record UnixAccount(string Name, uint UserId, uint GroupId)
{
    private static readonly string[] Preferred = ["postgres", "_postgres", "nobody"];

    /// <summary>
    /// The account for servers that refuse to run as root: null when this process is not root, and so needs none.
    /// </summary>
    /// <exception cref="InvalidOperationException">Root, and none of the usual accounts exists.</exception>
    public static UnixAccount? ForUnprivileged()
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
            return null;
        var accounts = File.ReadLines("/etc/passwd").Select(Parse).OfType<UnixAccount>().Where(account => account.UserId != 0).ToList();
        return Preferred.Select(name => accounts.Find(account => account.Name == name)).FirstOrDefault(account => account is not null)
            ?? throw new InvalidOperationException(
                $"This process is root, and the server refuses to run as root, but none of the accounts {string.Join(", ", Preferred)} exists. Run as a normal user, or add one of them.");
    }

    private static UnixAccount? Parse(string line) =>
        line.Split(':') is [var name, _, var user, var group, ..]
        && uint.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out var userId)
        && uint.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out var groupId)
            ? new UnixAccount(name, userId, groupId)
            : null;
}

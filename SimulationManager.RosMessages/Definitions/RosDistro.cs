namespace SimulationManager.RosMessages;

/// <summary>Releases of ROS 2 between which definitions of the common packages changed.</summary>
public enum RosDistro
{
    /// <summary>Galactic (2021); also stands for those before it.</summary>
    Galactic,

    /// <summary>Humble (2022).</summary>
    Humble,

    /// <summary>Iron (2023). From here on bags carry the definitions of their types.</summary>
    Iron,

    /// <summary>Jazzy (2024).</summary>
    Jazzy,

    /// <summary>Kilted (2025); also stands for those after it.</summary>
    Kilted,
}

/// <summary>Names of releases.</summary>
public static class RosDistros
{
    private static readonly string[] s_names = Enum.GetNames<RosDistro>();
    private static readonly string[] s_olderNames = ["ardent", "bouncy", "crystal", "dashing", "eloquent", "foxy"];

    /// <summary>The release that a bag's metadata names (<c>ros_distro</c>).</summary>
    /// <param name="name">The release's name, in any case.</param>
    /// <returns>
    /// <see cref="RosDistro.Humble"/> where nothing is named: a bag that names no release and carries no definitions was recorded
    /// before Iron. A name that is not known is that of a release after <see cref="RosDistro.Kilted"/>.
    /// </returns>
    public static RosDistro Parse(string? name)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Equals("unknown", StringComparison.OrdinalIgnoreCase))
            return RosDistro.Humble;
        var index = Array.FindIndex(s_names, known => known.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (index >= 0)
            return (RosDistro)index;
        return s_olderNames.Contains(name, StringComparer.OrdinalIgnoreCase) ? RosDistro.Galactic : RosDistro.Kilted;
    }
}

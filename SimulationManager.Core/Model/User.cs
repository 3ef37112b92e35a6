namespace SimulationManager.Core.Model;

/// <summary>What a user may do: everyone reads and runs, an admin also deletes templates and manages users and MECs.</summary>
public enum UserRole
{
    General,
    Admin,
}

/// <summary>A person or script that signs in.</summary>
public sealed class User
{
    public long Id { get; init; }

    /// <summary>Lower-cased; unique among users that are not deleted.</summary>
    public required string Email { get; set; }

    /// <summary>Argon2id in PHC string format.</summary>
    public required string PasswordHash { get; set; }

    public required UserRole Role { get; set; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? DeletedAt { get; set; }
}
